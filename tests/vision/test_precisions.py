"""The precisions in which a model may be shown to do as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from facevec.errors import EngineUnavailable
from facevec.types import FASTER, IN_BYTES, Precision
from facevec.vision.build import InstalledNetworks
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.weights.store import ModelStore
from tests.parts import WITHOUT_EMOTIONS, networks
from tests.vision.added.networks import description, toy


@pytest.fixture
def without_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InstalledNetworks:
    """A folder with `toy-128`, which has no layer that int8 rounds, where every precision is faster."""
    monkeypatch.setattr(OpenVinoEngine, "computes", lambda _self, _precision: True)
    (tmp_path / "toy.onnx").write_bytes(toy())
    ModelStore(tmp_path).add(tmp_path / "toy.onnx", "toy-128", description())
    installed = networks(tmp_path, WITHOUT_EMOTIONS)
    assert isinstance(installed, InstalledNetworks)
    return installed


def test_one_that_does_nothing_for_the_network_is_left_out_and_the_others_are_not(
    without_layers: InstalledNetworks,
) -> None:
    _, candidates, left_out = without_layers.precisions("toy-128")
    assert [candidate.precision for candidate in candidates] == ["bf16"]
    assert {one.precision for one in left_out} == IN_BYTES
    for one in left_out:
        assert "rounds no layer" in one.reason
        assert "vision.precision" not in one.reason  # it is about a precision, not about a setting


@pytest.mark.parametrize("faster", [("int8",), FASTER])
def test_where_none_is_left_that_is_an_error(
    without_layers: InstalledNetworks, monkeypatch: pytest.MonkeyPatch, faster: tuple[Precision, ...]
) -> None:
    monkeypatch.setattr(OpenVinoEngine, "computes", lambda _self, precision: precision == "int8")
    with pytest.raises(EngineUnavailable, match="rounds no layer"):
        without_layers.precisions("toy-128", faster)
