"""Networks whose products are of 8-bit numbers, made of those that compute in fp32."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import openvino

Array = npt.NDArray[np.float32]

_STEPS = 255
"""From the smallest of 256 numbers to the largest."""

_HALF = 127
"""From zero to the largest of weights, which are as often below zero as above."""

_LEAST = np.float32(1e-9)
"""Of a row of weights that are all zero."""


def quantize(
    model: openvino.Model, ranges: Sequence[tuple[float, float]], package: ModuleType
) -> openvino.Model:
    """`model` with its convolutions and matrix products in 8-bit numbers; it takes its input as bytes.

    ranges: (smallest, largest) of the numbers that go into each, in their order; what lies beyond is cut off.
    OpenVINO reads the steps off the nodes added here. Raises ValueError for another number of ranges.
    """
    products = [node for node in model.get_ordered_ops() if node.get_type_name() in ("Convolution", "MatMul")]
    for node, taken in zip(products, ranges, strict=True):
        round_product(node, node.input_value(1).get_node().get_data(), taken, package)
    model.validate_nodes_and_infer_types()
    inputs = package.preprocess.PrePostProcessor(model)
    inputs.input().tensor().set_element_type(package.Type.u8)
    return inputs.build()


def round_product(
    node: openvino.Node, weights: Array, taken: tuple[float, float], package: ModuleType
) -> None:
    """Have one product be of 8-bit numbers. weights: its own, a row for each number of the result; taken: the
    range of what goes into it."""
    source = _in_steps(node.input_value(0), _ends(*taken), _STEPS, package)
    rounded, largest = _rounded(weights)
    constant = package.opset13.constant(rounded).output(0)
    node.input(0).replace_source_output(source)
    node.input(1).replace_source_output(_in_steps(constant, (-largest, largest), 2 * _HALF, package))


def _ends(low: float, high: float) -> tuple[Array, Array]:
    """Of a range one of whose steps is zero."""
    step = (high - min(low, 0)) / _STEPS
    below = round(-min(low, 0) / step)
    return np.array(-below * step, np.float32), np.array((_STEPS - below) * step, np.float32)


def _in_steps(
    numbers: openvino.Output, ends: tuple[Array, Array], steps: int, package: ModuleType
) -> openvino.Output:
    low, high = (package.opset13.constant(end) for end in ends)
    return package.opset13.fake_quantize(numbers, low, high, low, high, steps + 1).output(0)


def _rounded(weights: Array) -> tuple[Array, Array]:
    """(weights in `_HALF` steps either way, the largest of each row of the result as (rows, 1...)).

    What rounding takes from a weight is added to the next of the same window: what they are multiplied with
    is alike, neighbouring pixels, and so the errors cancel.
    """
    largest = np.abs(weights).max(axis=tuple(range(1, weights.ndim)), keepdims=True).clip(_LEAST)
    windows = (weights / largest * _HALF).reshape(*weights.shape[:2], -1)
    left = np.zeros(windows.shape[:2], np.float32)
    for place in range(windows.shape[2]):
        wanted = windows[:, :, place] + left
        windows[:, :, place] = np.clip(np.rint(wanted), -_HALF, _HALF)
        left = wanted - windows[:, :, place]
    return (windows.reshape(weights.shape) * largest / _HALF).astype(np.float32), largest
