"""facevec's own expression network, a small residual net for grey faces; its weights ship."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facevec.errors import ModelCorrupt
from facevec.types import EMOTIONS, Pixels
from facevec.vision.engines.base import DYNAMIC, Tensor
from facevec.vision.models.model import EmotionModel, EmotionRecipe
from facevec.vision.networks.architecture import Architecture, Weights

if TYPE_CHECKING:
    from torch import nn


def _layers() -> nn.Module:
    from facevec.vision.networks.emotion import EmotionNet

    return EmotionNet()


_ARCHITECTURE = Architecture("emotion-small", version=2, layers=_layers)


def _recipe(weights: Weights) -> EmotionRecipe:
    """As the file says in its metadata."""
    path = weights.file()
    notes = _metadata(path)
    try:
        size, mean, deviation = int(notes["input_size"]), float(notes["mean"]), float(notes["std"])
        margin, temperature = float(notes["crop_margin"]), float(notes["temperature"])
        classes = tuple(notes["classes"].split(","))
    except (KeyError, ValueError) as error:
        raise ModelCorrupt(f"{path.name} does not say how its network is to be used.") from error
    if classes != EMOTIONS:
        raise ModelCorrupt(f"{path.name} was trained for other emotions than {', '.join(EMOTIONS)}.")
    spec = _ARCHITECTURE.spec(weights, (DYNAMIC, 1, size, size))
    return EmotionRecipe(spec, size, margin, temperature, lambda grey: _standardized(grey, mean, deviation))


def _standardized(grey: Pixels, mean: float, deviation: float) -> Tensor:
    return ((grey[:, np.newaxis].astype(np.float32) / 255 - mean) / deviation).astype(np.float32)


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise ModelCorrupt(f"{path.name} is not a readable safetensors file; fetch it again.") from error


EMOTION_SMALL = EmotionModel(
    name="emotion-small",
    description="facevec's own small residual network trained on FER2013; fast on a CPU.",
    source="package",
    licence="MIT; the photos of FER2013 were collected for research",
    size=3_127_666,
    sha256="586649f6cdd4265248e690d053bce500a7deced9b555ff2b4ffd5679f06a43dc",
    dimension=len(EMOTIONS),
    architecture=_ARCHITECTURE,
    recipe=_recipe,
    precisions=("int8", "int8-avx2"),  # assets/emotion-small.md has the figures in each
)
