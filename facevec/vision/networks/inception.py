"""Inception-ResNet v1, the embedding network of facenet-pytorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.networks.architecture import Architecture, Weights
from facevec.vision.torchvision_ops import ensure_torchvision_operators

if TYPE_CHECKING:
    from torch import nn

SIZE = 160
"""Side of the input, pixels."""

DIMENSION = 512
"""Length of the output."""


def _layers() -> nn.Module:
    ensure_torchvision_operators()
    from facenet_pytorch import InceptionResnetV1

    layers: nn.Module = InceptionResnetV1(pretrained=None, classify=False)
    return layers


INCEPTION_RESNET_V1 = Architecture("inception-resnet-v1", version=2, layers=_layers)


def inception_spec(weights: Weights) -> NetworkSpec:
    """Input (n, 3, SIZE, SIZE), (RGB - 127.5) / 128; output (n, DIMENSION), rows of unit length."""
    return INCEPTION_RESNET_V1.spec(weights, (DYNAMIC, 3, SIZE, SIZE))
