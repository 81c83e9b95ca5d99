"""Inception-ResNet v1, the embedding network of facenet-pytorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.vision.engines.base import DYNAMIC, NetworkSpec
from facevec.vision.networks.checkpoint import load_weights
from facevec.vision.torchvision_ops import ensure_torchvision_operators

if TYPE_CHECKING:
    from torch import nn

SIZE = 160
"""Side of the input, pixels."""


def inception_spec(name: str, weights_sha256: str, weights: Callable[[], Path]) -> NetworkSpec:
    """Input (n, 3, 160, 160), (RGB - 127.5) / 128; output (n, 512), rows of unit length.

    weights: gives the verified file, called only when the network is built.
    """
    return NetworkSpec(
        name=name,
        version=1,
        weights_sha256=weights_sha256,
        input_shape=(DYNAMIC, 3, SIZE, SIZE),
        build=lambda: _build(weights()),
    )


def _build(path: Path) -> nn.Module:
    ensure_torchvision_operators()
    from facenet_pytorch import InceptionResnetV1

    return load_weights(InceptionResnetV1(pretrained=None, classify=False), path, without="logits.")
