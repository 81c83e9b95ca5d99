"""The expression networks of fer-pytorch: ResNet-34 in torchvision's layout, MobileNetV2 (1.4) in timm's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facevec.types import EMOTIONS, Pixels
from facevec.vision.engines.base import DYNAMIC, Tensor
from facevec.vision.models.model import EmotionModel, EmotionRecipe, Foreign
from facevec.vision.networks.architecture import Architecture, Weights
from facevec.vision.torchvision_ops import ensure_torchvision_operators

if TYPE_CHECKING:
    from torch import nn

_SIZE = 224
_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
_LICENCE = "MIT; the photos of FER2013 were collected for research"
_CHECKPOINT = "fer-pytorch's .ckpt"


def _resnet34() -> nn.Module:
    ensure_torchvision_operators()
    from torchvision.models import resnet34

    layers: nn.Module = resnet34(num_classes=len(EMOTIONS))
    return layers


def _mobilenetv2() -> nn.Module:
    from facevec.vision.networks.mobilenet import MobileNetV2

    return MobileNetV2(len(EMOTIONS))


def _recipe(architecture: Architecture, weights: Weights) -> EmotionRecipe:
    """The bare box, grey, on ImageNet's scale."""
    spec = architecture.spec(weights, (DYNAMIC, 3, _SIZE, _SIZE))
    return EmotionRecipe(spec, size=_SIZE, margin=0.0, temperature=1.0, prepare=_as_imagenet)


def _as_imagenet(grey: Pixels) -> Tensor:
    three = np.repeat(grey[..., np.newaxis], 3, axis=3).astype(np.float32) / 255
    scaled: Tensor = ((three - _IMAGENET_MEAN) / _IMAGENET_DEVIATION).astype(np.float32)
    return np.transpose(scaled, (0, 3, 1, 2))


_RESNET34 = Architecture("resnet34-7", version=1, layers=_resnet34)
_MOBILENETV2 = Architecture("mobilenetv2-140-7", version=1, layers=_mobilenetv2)

FER_RESNET34 = EmotionModel(
    name="fer-resnet34",
    description="ResNet-34 of fer-pytorch trained on FER+; larger and slower than emotion-small.",
    source=(
        "https://github.com/Emilien-mipt/fer-pytorch/releases/download/0.0.1/"
        "resnet34-epoch.12-val_loss.0.494-val_acc.0.846-val_f1.0.843.ckpt"
    ),
    licence=_LICENCE,
    size=85_000_000,
    sha256=None,
    dimension=len(EMOTIONS),
    architecture=_RESNET34,
    foreign=Foreign(words=_CHECKPOINT, in_checkpoint=lambda tensors: "layer4.2.conv2.weight" in tensors),
    recipe=lambda weights: _recipe(_RESNET34, weights),
)

FER_MOBILENETV2 = EmotionModel(
    name="fer-mobilenetv2",
    description="MobileNetV2 (1.4) of fer-pytorch trained on FER+; smaller than fer-resnet34.",
    source=(
        "https://github.com/Emilien-mipt/fer-pytorch/releases/download/1.0.1/"
        "mobilenetv2_140-epoch.12-val_loss.0.629-val_acc.0.827-val_f1.0.825.ckpt"
    ),
    licence=_LICENCE,
    size=17_600_000,
    sha256=None,
    dimension=len(EMOTIONS),
    architecture=_MOBILENETV2,
    foreign=Foreign(words=_CHECKPOINT, in_checkpoint=lambda tensors: "blocks.6.0.conv_pwl.weight" in tensors),
    recipe=lambda weights: _recipe(_MOBILENETV2, weights),
)
