"""The networks of fer-pytorch: ResNet-34 in torchvision's layout, MobileNetV2 (1.4) in timm's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.types import EMOTIONS
from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.networks.checkpoint import load_weights
from facevec.vision.torchvision_ops import ensure_torchvision_operators

if TYPE_CHECKING:
    from torch import nn

SIZE = 224
"""Side of the input, pixels."""


def resnet34_spec(name: str, weights_sha256: str, weights: Callable[[], Path]) -> NetworkSpec:
    """Input (n, 3, 224, 224), ImageNet normalisation; output (n, 7) logits in the order of `EMOTIONS`."""
    return _spec(name, weights_sha256, lambda: _resnet34(weights()))


def mobilenetv2_spec(name: str, weights_sha256: str, weights: Callable[[], Path]) -> NetworkSpec:
    """Input and output as of `resnet34_spec`."""
    return _spec(name, weights_sha256, lambda: _mobilenetv2(weights()))


def _spec(name: str, weights_sha256: str, build: Callable[[], nn.Module]) -> NetworkSpec:
    return NetworkSpec(
        name=name,
        version=1,
        weights_sha256=weights_sha256,
        input_shape=(DYNAMIC, 3, SIZE, SIZE),
        build=build,
    )


def _resnet34(path: Path) -> nn.Module:
    ensure_torchvision_operators()
    from torchvision.models import resnet34

    return load_weights(resnet34(num_classes=len(EMOTIONS)), path)


def _mobilenetv2(path: Path) -> nn.Module:
    from facevec.vision.networks.mobilenet import MobileNetV2

    return load_weights(MobileNetV2(len(EMOTIONS)), path)
