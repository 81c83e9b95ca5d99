"""Networks in 8-bit numbers."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import EngineUnavailable
from facevec.types import IN_BYTES, Precision
from facevec.vision.engines import calibrated, graphs, openvino_engine
from facevec.vision.engines.base import DYNAMIC, GraphSpec, NetworkSpec, Tensor
from facevec.vision.engines.openvino_engine import OpenVinoEngine, import_openvino
from tests.integrity import KEY
from tests.vision.test_engines import batch, never, small_network, spec

EXAMPLES = batch(12, 3, 24, 24)


def deep_network():
    """Five convolutions and a product with a matrix; two of them take the same."""
    import torch
    from torch import nn

    class Forked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = nn.Conv2d(16, 16, 3), nn.Conv2d(16, 16, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(torch.cat([self.left(x), self.right(x)], 1))

    torch.manual_seed(5)
    stem = [nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU()]
    head = [nn.Conv2d(32, 16, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 8)]
    return nn.Sequential(*stem, Forked(), *head)


deep = partial(spec, name="deep", build=deep_network, input_shape=(DYNAMIC, 3, 24, 24))


def engine(folder: Path) -> OpenVinoEngine:
    return OpenVinoEngine(cache=folder / "graphs", key=KEY, threads=1, compiled=folder / "compiled")


def examples() -> Tensor:
    return EXAMPLES


def unwatched() -> Tensor:
    raise AssertionError("it is compiled: nobody has to look at examples")


def apart(one: Tensor, other: Tensor) -> float:
    """As a share of how far outputs are from each other."""
    return float(np.abs(one - other).max() / np.ptp(one, axis=0).max())


def test_what_is_rounded_gives_nearly_the_same_and_is_not_taken_for_what_is_not(
    tmp_path: Path, in_bytes: Precision
) -> None:
    (reference,) = engine(tmp_path).load(deep()).run(EXAMPLES)
    (rounded,) = engine(tmp_path).load(deep(), in_bytes, examples=examples).run(EXAMPLES)
    assert 0 < apart(reference, rounded) < 0.1
    again = engine(tmp_path).load(deep(build=never), in_bytes, examples=unwatched)
    assert np.array_equal(again.run(EXAMPLES)[0], rounded)
    assert np.array_equal(engine(tmp_path).load(deep(build=never)).run(EXAMPLES)[0], reference)


def test_a_graph_of_its_own_that_takes_one_face_is_rounded_too(
    tmp_path: Path, openvino, in_bytes: Precision
) -> None:
    package = import_openvino()
    model = graphs.convert(deep(input_shape=(1, 3, 24, 24)), package)
    package.save_model(model, tmp_path / "own.xml", compress_to_fp16=True)
    own = GraphSpec("own", "", (DYNAMIC, 3, 24, 24), None, 8, lambda: tmp_path / "own.xml")
    (reference,) = openvino.load(own).run(EXAMPLES)
    (rounded,) = openvino.load(own, in_bytes, examples=examples).run(EXAMPLES)
    assert 0 < apart(reference, rounded) < 0.1


def rounded_layers(made: NetworkSpec) -> dict[str, list[str]]:
    """What the two inputs of each layer come from, by the layer's name."""
    package = import_openvino()
    model = graphs.convert(made, package)
    calibrated.calibrated(model, EXAMPLES, package.Core(), package, {})
    layers = (node for node in model.get_ordered_ops() if node.get_type_name() in ("Convolution", "MatMul"))
    return {
        node.get_friendly_name(): [source.get_node().get_type_name() for source in node.input_values()]
        for node in layers
    }


def test_the_first_two_layers_and_the_last_stay_as_they_are() -> None:
    layers = rounded_layers(deep())
    first, second, *between, last = layers.values()
    assert len(between) == 3
    assert all(inputs == ["FakeQuantize", "FakeQuantize"] for inputs in between)
    assert not any("FakeQuantize" in inputs for inputs in (first, second, last))


def test_one_without_layers_between_is_refused() -> None:
    with pytest.raises(EngineUnavailable, match="int8 rounds no layer"):
        rounded_layers(spec(build=small_network, input_shape=(DYNAMIC, 3, 24, 24)))


@pytest.mark.parametrize("precision", sorted(IN_BYTES))
def test_without_examples_nothing_is_rounded(openvino: OpenVinoEngine, precision: Precision) -> None:
    with pytest.raises(ValueError, match="examples"):
        openvino.load(deep(), precision)


@pytest.mark.parametrize("does", [("int8",), ("int8-avx2",), ()])
def test_a_processor_whose_sums_of_products_of_bytes_are_cut_computes_in_another_precision(
    openvino: OpenVinoEngine, monkeypatch: pytest.MonkeyPatch, does: tuple[Precision, ...]
) -> None:
    monkeypatch.setattr(openvino_engine, "multiplies_bytes", lambda: "int8" in does)
    monkeypatch.setattr(openvino_engine, "multiplies_bytes_in_pairs", lambda: "int8-avx2" in does)
    assert {precision for precision in IN_BYTES if openvino.computes(precision)} == {*does}
