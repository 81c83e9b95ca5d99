"""Graphs that come as they are, ONNX or OpenVINO's, made to take and give what facevec does."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from facevec.errors import ModelError, ModelRefused
from facevec.vision.engines.base import DYNAMIC, Bytes, GraphSpec, Network, Tensor

if TYPE_CHECKING:
    import openvino


def read_graph(core: openvino.Core, path: Path) -> openvino.Model:
    """The graph in a file. Raises ModelRefused where OpenVINO does not read it."""
    try:
        return core.read_model(path)
    except Exception as error:  # noqa: BLE001 - OpenVINO raises whatever its parsers do
        raise ModelRefused(f"OpenVINO cannot read the network: {last_words(error)}.") from None


def fit(model: openvino.Model, spec: GraphSpec, package: ModuleType) -> openvino.Model:
    """The graph with the one output that is wanted, float32 at both ends and of fixed sides.

    Its batch is one face where the graph says so, and open where that is open.
    Raises ModelRefused when the shapes are not those of `spec`.
    """
    if len(model.inputs) != 1:
        raise ModelRefused(f"The network takes {len(model.inputs)} inputs, not one picture.")
    wanted = _output(model, spec.output)
    try:
        fitted = package.Model([wanted], model.get_parameters())
        batch = fitted.inputs[0].get_partial_shape()[0] if fitted.inputs[0].get_partial_shape().rank else None
        sides = [DYNAMIC if batch is None or batch.is_dynamic else batch.get_length(), *spec.input_shape[1:]]
        _require_input(fitted, spec, sides[0])
        fitted.reshape(package.PartialShape(sides))
        shape = fitted.outputs[0].get_partial_shape()
    except ModelRefused:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        raise ModelRefused(f"The network does not take pictures of this size: {last_words(error)}.") from None
    _require_output(shape, spec, sides[0])
    steps = package.preprocess.PrePostProcessor(fitted)
    steps.input().tensor().set_element_type(package.Type.f32)
    steps.output().tensor().set_element_type(package.Type.f32)
    return steps.build()


class RowsOfVectors:
    """A graph's output as (n, length), whatever its batch and the sides of one that follow.

    What is no vector never comes out: one that is not finite would be nearer than any threshold.
    """

    def __init__(self, network: Network, spec: GraphSpec, *, one_by_one: bool) -> None:
        self._network = network
        self._name = spec.name
        self._length = spec.length
        self._one_by_one = one_by_one

    def run(self, batch: Tensor | Bytes) -> tuple[Tensor, ...]:
        parts = [batch[at : at + 1] for at in range(len(batch))] if self._one_by_one else [batch]
        rows = [self._network.run(part)[0].reshape(len(part), self._length) for part in parts]
        vectors = np.concatenate(rows)
        if not np.isfinite(vectors).all() or not vectors.any(axis=1).all():
            raise ModelError(f"{self._name} gives numbers for a face that are not finite, or all 0.")
        return (vectors,)


def takes_one(model: openvino.Model) -> bool:
    """Whether the batch of a fitted graph is one face."""
    return not model.inputs[0].get_partial_shape()[0].is_dynamic


def _output(model: openvino.Model, name: str | None) -> openvino.Output:
    names = [sorted(output.get_names()) for output in model.outputs]
    known = ", ".join(each[0] for each in names if each)[:200]
    if name is None:
        if len(names) != 1:
            raise ModelRefused(f"The network has {len(names)} outputs; say which: {known}.")
        return model.outputs[0]
    for output, each in zip(model.outputs, names, strict=True):
        if name in each:
            return output
    raise ModelRefused(f"The network has no output {name!r}; it has {known or 'one without a name'}.")


def _require_input(model: openvino.Model, spec: GraphSpec, batch: int) -> None:
    shape = model.inputs[0].get_partial_shape()
    wanted = spec.input_shape[1:]
    fits = shape.rank.is_dynamic or (
        len(shape) == 1 + len(wanted)
        and all(
            side.is_dynamic or side.get_length() == own
            for side, own in zip(list(shape)[1:], wanted, strict=True)
        )
    )
    if not fits or batch not in (DYNAMIC, 1):
        raise ModelRefused(
            f"The network takes {_words(shape)}, not one face or any number of them: "
            f"(1 or ?, {', '.join(str(side) for side in wanted)})."
        )


def _require_output(shape: openvino.PartialShape, spec: GraphSpec, batch: int) -> None:
    sides = [] if shape.rank.is_dynamic else list(shape)
    known = [None if side.is_dynamic else side.get_length() for side in sides]
    rows, *rest = known or [0]
    if rows != (None if batch == DYNAMIC else batch) or sorted(rest, key=lambda side: side or 0) != [
        *[1] * (len(rest) - 1),
        spec.length,
    ]:
        raise ModelRefused(
            f"The network gives {_words(shape)} and not a vector of {spec.length} numbers for each face."
        )


def _words(shape: openvino.PartialShape) -> str:
    if shape.rank.is_dynamic:
        return "any shape"
    sides = ", ".join("?" if side.is_dynamic else str(side.get_length()) for side in list(shape)[:8])
    return f"({sides})"


def last_words(error: Exception) -> str:
    """The last line of OpenVINO's that says something, short."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    plain = "".join(letter for letter in (lines[-1] if lines else "no reason") if letter.isprintable())
    return plain[:200].rstrip(".")
