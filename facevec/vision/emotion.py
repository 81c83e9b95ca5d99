"""What a face expresses: seven probabilities, which are not what a person feels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import cv2
import numpy as np

from facevec.types import EMOTIONS, Face, Image, Pixels, Precision, Probabilities
from facevec.vision.crop import square_crops, whole_square
from facevec.vision.engines.base import Engine, Tensor, run_in_chunks
from facevec.vision.models.model import EmotionRecipe

_CHUNK = 32
_NO_FACE: Probabilities = np.empty((0, len(EMOTIONS)))


class NetworkEmotionReader:
    """`ports.EmotionReader` and `ports.EmotionClassifier` by any `EmotionRecipe`."""

    def __init__(self, engine: Engine, recipe: EmotionRecipe, precision: Precision = "fp32") -> None:
        self._network = engine.load(recipe.spec, precision, examples=partial(examples, recipe))
        self._recipe = recipe

    @property
    def model(self) -> str:
        return self._recipe.spec.name

    def read(self, image: Image, faces: Sequence[Face]) -> Probabilities:
        if not faces:
            return _NO_FACE
        return self._probabilities(
            square_crops(image, faces, size=self._recipe.size, margin=self._recipe.margin)
        )

    def classify(self, crops: Sequence[Pixels]) -> Probabilities:
        if not crops:
            return _NO_FACE
        return self._probabilities(np.stack([whole_square(crop, size=self._recipe.size) for crop in crops]))

    def _probabilities(self, crops: Pixels) -> Probabilities:
        """crops: (n, size, size, 3)."""
        (logits,) = run_in_chunks(self._network, _network_input(crops, self._recipe), _CHUNK)
        return softmax(logits / self._recipe.temperature)


def examples(recipe: EmotionRecipe) -> Tensor:
    """(n, channels, size, size): what the network gets of drawn faces."""
    from facevec.vision.drawn import faces

    crops = [
        square_crops(image, [face], size=recipe.size, margin=recipe.margin) for image, face in faces.faces()
    ]
    return _network_input(np.concatenate(crops), recipe)


def _network_input(crops: Pixels, recipe: EmotionRecipe) -> Tensor:
    """crops: (n, size, size, 3)."""
    grey = np.stack([cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in crops])
    return recipe.prepare(grey.astype(np.uint8))


def softmax(logits: Tensor) -> Probabilities:
    """Rows of (n, classes) logits as probabilities."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return shares
