"""Names and shapes of every tensor of the networks whose weights come from outside.

Weights are held to these before they are stored, so that what loads later loads strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy.typing as npt

from facevec.errors import ModelCorrupt

Shape = tuple[int, ...]
Layout = dict[str, Shape]
State = dict[str, npt.NDArray[Any]]
"""A network's tensors by name."""

_Named = Iterator[tuple[str, Shape]]


def _batch_norm(name: str, channels: int) -> _Named:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (channels,)
    yield f"{name}.num_batches_tracked", ()


def _convolution(name: str, inputs: int, outputs: int, kernel: tuple[int, int]) -> _Named:
    yield f"{name}.conv.weight", (outputs, inputs, *kernel)
    yield from _batch_norm(f"{name}.bn", outputs)


def _branch(name: str, inputs: int, *steps: tuple[int, tuple[int, int]]) -> _Named:
    """Convolutions in a row; `steps` are (outputs, kernel)."""
    for position, (outputs, kernel) in enumerate(steps):
        step = name if len(steps) == 1 else f"{name}.{position}"
        yield from _convolution(step, inputs, outputs, kernel)
        inputs = outputs


def _residual(name: str, inputs: int, outputs: int) -> _Named:
    yield f"{name}.conv2d.weight", (outputs, inputs, 1, 1)
    yield f"{name}.conv2d.bias", (outputs,)


_ONE, _THREE = (1, 1), (3, 3)


def _block35(name: str) -> _Named:
    yield from _branch(f"{name}.branch0", 256, (32, _ONE))
    yield from _branch(f"{name}.branch1", 256, (32, _ONE), (32, _THREE))
    yield from _branch(f"{name}.branch2", 256, (32, _ONE), (32, _THREE), (32, _THREE))
    yield from _residual(name, 96, 256)


def _block17(name: str) -> _Named:
    yield from _branch(f"{name}.branch0", 896, (128, _ONE))
    yield from _branch(f"{name}.branch1", 896, (128, _ONE), (128, (1, 7)), (128, (7, 1)))
    yield from _residual(name, 256, 896)


def _block8(name: str) -> _Named:
    yield from _branch(f"{name}.branch0", 1792, (192, _ONE))
    yield from _branch(f"{name}.branch1", 1792, (192, _ONE), (192, (1, 3)), (192, (3, 1)))
    yield from _residual(name, 384, 1792)


def _inception_resnet_v1() -> _Named:
    yield from _convolution("conv2d_1a", 3, 32, _THREE)
    yield from _convolution("conv2d_2a", 32, 32, _THREE)
    yield from _convolution("conv2d_2b", 32, 64, _THREE)
    yield from _convolution("conv2d_3b", 64, 80, _ONE)
    yield from _convolution("conv2d_4a", 80, 192, _THREE)
    yield from _convolution("conv2d_4b", 192, 256, _THREE)
    for position in range(5):
        yield from _block35(f"repeat_1.{position}")
    yield from _branch("mixed_6a.branch0", 256, (384, _THREE))
    yield from _branch("mixed_6a.branch1", 256, (192, _ONE), (192, _THREE), (256, _THREE))
    for position in range(10):
        yield from _block17(f"repeat_2.{position}")
    yield from _branch("mixed_7a.branch0", 896, (256, _ONE), (384, _THREE))
    yield from _branch("mixed_7a.branch1", 896, (256, _ONE), (256, _THREE))
    yield from _branch("mixed_7a.branch2", 896, (256, _ONE), (256, _THREE), (256, _THREE))
    for position in range(5):
        yield from _block8(f"repeat_3.{position}")
    yield from _block8("block8")
    yield "last_linear.weight", (512, 1792)
    yield from _batch_norm("last_bn", 512)


def _basic_block(name: str, inputs: int, outputs: int) -> _Named:
    yield f"{name}.conv1.weight", (outputs, inputs, 3, 3)
    yield from _batch_norm(f"{name}.bn1", outputs)
    yield f"{name}.conv2.weight", (outputs, outputs, 3, 3)
    yield from _batch_norm(f"{name}.bn2", outputs)
    if inputs != outputs:
        yield f"{name}.downsample.0.weight", (outputs, inputs, 1, 1)
        yield from _batch_norm(f"{name}.downsample.1", outputs)


def _resnet34(classes: int) -> _Named:
    yield "conv1.weight", (64, 3, 7, 7)
    yield from _batch_norm("bn1", 64)
    inputs = 64
    for layer, (blocks, outputs) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
        for block in range(blocks):
            yield from _basic_block(f"layer{layer}.{block}", inputs, outputs)
            inputs = outputs
    yield "fc.weight", (classes, 512)
    yield "fc.bias", (classes,)


_STAGES = ((2, 32), (3, 48), (4, 88), (3, 136), (3, 224), (1, 448))
"""Blocks and channels of MobileNetV2 1.4 after its first block."""


def _mobilenetv2_140(classes: int) -> _Named:
    """The names are timm's."""
    yield "conv_stem.weight", (48, 3, 3, 3)
    yield from _batch_norm("bn1", 48)
    yield "blocks.0.0.conv_dw.weight", (48, 1, 3, 3)
    yield from _batch_norm("blocks.0.0.bn1", 48)
    yield "blocks.0.0.conv_pw.weight", (24, 48, 1, 1)
    yield from _batch_norm("blocks.0.0.bn2", 24)
    inputs = 24
    for stage, (blocks, outputs) in enumerate(_STAGES, start=1):
        for block in range(blocks):
            yield from _inverted_residual(f"blocks.{stage}.{block}", inputs, 6 * inputs, outputs)
            inputs = outputs
    yield "conv_head.weight", (1792, inputs, 1, 1)
    yield from _batch_norm("bn2", 1792)
    yield "classifier.weight", (classes, 1792)
    yield "classifier.bias", (classes,)


def _inverted_residual(name: str, inputs: int, wide: int, outputs: int) -> _Named:
    yield f"{name}.conv_pw.weight", (wide, inputs, 1, 1)
    yield from _batch_norm(f"{name}.bn1", wide)
    yield f"{name}.conv_dw.weight", (wide, 1, 3, 3)
    yield from _batch_norm(f"{name}.bn2", wide)
    yield f"{name}.conv_pwl.weight", (outputs, wide, 1, 1)
    yield from _batch_norm(f"{name}.bn3", outputs)


LAYOUTS: Mapping[str, Callable[[], Layout]] = {
    "inception-resnet-v1": lambda: dict(_inception_resnet_v1()),
    "resnet34-7": lambda: dict(_resnet34(7)),
    "mobilenetv2-140-7": lambda: dict(_mobilenetv2_140(7)),
}


def check(state: State, network: str) -> None:
    """Hold `state` to the layout of `network`, tensor by tensor.

    Raises ModelCorrupt, naming the first tensor that is missing, too many or of another shape.
    """
    layout = LAYOUTS[network]()
    for name, shape in layout.items():
        if name not in state:
            raise ModelCorrupt(f"These are not the weights of {network}: {name} is missing.")
        if state[name].shape != shape:
            raise ModelCorrupt(
                f"These are not the weights of {network}: {name} has shape {state[name].shape}, not {shape}."
            )
    if extra := sorted(state.keys() - layout.keys()):
        raise ModelCorrupt(f"These are not the weights of {network}: {extra[0]} is not part of it.")
