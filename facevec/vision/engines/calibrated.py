"""Networks in 8-bit numbers whose ranges are what examples came to.

The first two convolutions and the last product stay as they are: they compute a twentieth of it all, and
rounding them made half of the error (ADR 40 has what was measured).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from facevec.errors import EngineUnavailable
from facevec.vision.engines.base import Tensor
from facevec.vision.engines.inference import inferred
from facevec.vision.engines.quantized import round_product

if TYPE_CHECKING:
    import openvino

SCHEME = "int8-1"
"""To be raised when examples are others, or the same come to other numbers. Proofs do not carry it: they are
to be measured anew then."""

_FIRST, _LAST = 2, 1
"""So many products at either end stay as they are."""

_TOGETHER = 8
"""Examples of one call; where a graph takes one, there is one."""

_DIGITS = 3
"""Of a range: sums differ in their last digits from processor to processor, and ranges are to be the same."""

_LEAST = 1e-6
"""Of a range: what is always 0 has none."""


class NothingToRound(EngineUnavailable):
    """A network is the same in int8 as in fp32. reason: the sentence without what to do about it."""

    reason = "int8 rounds no layer of this network: they are too few, or rounded already."

    def __init__(self) -> None:
        super().__init__(
            f'{self.reason} Set vision.precision to "auto" or "fp32"; `facevec models prove` shows how it '
            "does in another."
        )


class _Product(NamedTuple):
    """weights: a row for each number of the result."""

    node: openvino.Node
    weights: Tensor


def calibrated(
    model: openvino.Model,
    examples: Tensor,
    core: openvino.Core,
    package: ModuleType,
    settings: Mapping[str, Any],
) -> openvino.Model:
    """`model` itself, changed. examples: inputs as it will be given; settings: of OpenVINO, in fp32.

    Raises NothingToRound.
    """
    weights = [(node, _weights(node)) for node in model.get_ordered_ops()]
    products = [_Product(node, own) for node, own in weights if own is not None][_FIRST:-_LAST]
    if not products:
        raise NothingToRound
    ranges = _ranges(model, products, examples, core, package, settings)
    for product, taken in zip(products, ranges, strict=True):
        round_product(product.node, product.weights, taken, package)
    model.validate_nodes_and_infer_types()
    return model


def _weights(node: openvino.Node) -> Tensor | None:
    """Of a convolution or a product with a matrix; None where it is none, or they are no constant floats."""
    kind = node.get_type_name()
    if kind != "Convolution" and not (kind == "MatMul" and node.get_attributes()["transpose_b"]):
        return None
    constant = node.input_value(1).get_node()
    while constant.get_type_name() == "Convert":
        constant = constant.input_value(0).get_node()
    if constant.get_type_name() != "Constant":
        return None
    weights = np.asarray(constant.get_data())
    is_taken = weights.ndim == 2 or kind == "Convolution"  # noqa: PLR2004 - a matrix, not a batch of them
    is_real = np.issubdtype(weights.dtype, np.floating)  # those of 8 bits were rounded by others
    return weights.astype(np.float32) if is_taken and is_real else None


def _ranges(
    model: openvino.Model,
    products: Sequence[_Product],
    examples: Tensor,
    core: openvino.Core,
    package: ModuleType,
    settings: Mapping[str, Any],
) -> list[tuple[float, float]]:
    """Smallest and largest number of what goes into each; 0 lies within."""
    ops = package.opset13
    outputs = []
    for product in products:
        source = product.node.input_value(0)
        axes = ops.constant(np.arange(len(source.get_partial_shape()), dtype=np.int64))
        outputs += [ops.reduce_min(source, axes).output(0), ops.reduce_max(source, axes).output(0)]
    watched = package.Model(outputs, model.get_parameters())
    request = core.compile_model(watched, "CPU", dict(settings)).create_infer_request()
    at_once = 1 if watched.inputs[0].get_partial_shape()[0].is_static else _TOGETHER
    starts = range(0, len(examples), at_once)
    parts = [inferred(request, examples[start : start + at_once], package) for start in starts]
    seen = np.array(parts).reshape(len(parts), len(products), 2)
    lows, highs = seen[:, :, 0].min(axis=0), seen[:, :, 1].max(axis=0)
    return [(_short(min(low, 0)), _short(max(high, _LEAST))) for low, high in zip(lows, highs, strict=True)]


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
