"""What a face expresses: seven probabilities, which are not what a person feels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from facevec.errors import ModelCorrupt
from facevec.types import EMOTIONS, Emotion, Face, Image, Pixels, Probabilities
from facevec.vision.crop import square_crops, whole_square
from facevec.vision.engines.base import DYNAMIC, Engine, NetworkSpec, Tensor, run_in_chunks
from facevec.vision.networks.checkpoint import load_weights
from facevec.vision.networks.fer_pytorch import SIZE, mobilenetv2_spec, resnet34_spec

if TYPE_CHECKING:
    from torch import nn

_CHUNK = 32
_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

Prepare = Callable[[Pixels], Tensor]
"""(n, size, size) uint8 grey faces to a network's NCHW input."""


@dataclass(frozen=True, slots=True)
class EmotionModel:
    """A network that gives logits in the order of `EMOTIONS`, and how it wants to see a face.

    size: side of the crop in pixels; margin: as in `crop.square_crops`;
    temperature: what logits are divided by, above 0, so that probabilities come true as often as they say.
    """

    spec: NetworkSpec
    size: int
    margin: float
    temperature: float
    prepare: Prepare


FER_PYTORCH: Mapping[str, Callable[[str, str, Callable[[], Path]], NetworkSpec]] = {
    "resnet34-7": resnet34_spec,
    "mobilenetv2-140-7": mobilenetv2_spec,
}
"""fer-pytorch's networks, by the catalogue's word for them."""


class NetworkEmotionReader:
    """`ports.EmotionReader` and `ports.EmotionClassifier` by any `EmotionModel`.

    confidence_floor: smallest probability, 0 to 1, with which an emotion is named as `top`.
    """

    def __init__(self, *, engine: Engine, model: EmotionModel, confidence_floor: float) -> None:
        self._network = engine.load(model.spec)
        self._how = model
        self._floor = confidence_floor

    @property
    def model(self) -> str:
        return self._how.spec.name

    def read(self, image: Image, faces: Sequence[Face]) -> tuple[Emotion, ...]:
        if not faces:
            return ()
        crops = square_crops(image, faces, size=self._how.size, margin=self._how.margin)
        return tuple(self._emotion(row) for row in self._probabilities(crops))

    def classify(self, crops: Sequence[Pixels]) -> Probabilities:
        if not crops:
            return np.empty((0, len(EMOTIONS)))
        return self._probabilities(np.stack([whole_square(crop, size=self._how.size) for crop in crops]))

    def _probabilities(self, crops: Pixels) -> Probabilities:
        """crops: (n, size, size, 3)."""
        grey = np.stack([cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in crops])
        (logits,) = run_in_chunks(self._network, self._how.prepare(grey.astype(np.uint8)), _CHUNK)
        return softmax(logits / self._how.temperature)

    def _emotion(self, probabilities: npt.NDArray[np.float64]) -> Emotion:
        scores = {name: float(value) for name, value in zip(EMOTIONS, probabilities, strict=True)}
        best = max(scores, key=scores.__getitem__)
        return Emotion(scores, best if scores[best] >= self._floor else None)


def own_model(name: str, weights_sha256: str, path: Path) -> EmotionModel:
    """facevec's own network; its file says in its metadata how it wants to see a face.

    Raises ModelCorrupt when it does not.
    """
    notes = _metadata(path)
    try:
        size, mean, deviation = int(notes["input_size"]), float(notes["mean"]), float(notes["std"])
        margin, temperature = float(notes["crop_margin"]), float(notes["temperature"])
        classes = tuple(notes["classes"].split(","))
    except (KeyError, ValueError) as error:
        raise ModelCorrupt(f"{path.name} does not say how its network is to be used.") from error
    if classes != EMOTIONS:
        raise ModelCorrupt(f"{path.name} was trained for other emotions than {', '.join(EMOTIONS)}.")
    spec = NetworkSpec(
        name=name,
        version=2,
        weights_sha256=weights_sha256,
        input_shape=(DYNAMIC, 1, size, size),
        build=lambda: _own_network(path),
    )
    return EmotionModel(spec, size, margin, temperature, lambda grey: _standardised(grey, mean, deviation))


def fer_pytorch_model(
    network: str, name: str, weights_sha256: str, weights: Callable[[], Path]
) -> EmotionModel:
    """A network of `FER_PYTORCH` with its own preparation: the bare box, grey, on ImageNet's scale."""
    spec = FER_PYTORCH[network](name, weights_sha256, weights)
    return EmotionModel(spec, SIZE, 0.0, 1.0, _as_imagenet)


def softmax(logits: Tensor) -> Probabilities:
    """Rows of (n, classes) logits as probabilities."""
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    shares: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _own_network(path: Path) -> nn.Module:
    from facevec.vision.networks.emotion import EmotionNet

    return load_weights(EmotionNet(), path)


def _standardised(grey: Pixels, mean: float, deviation: float) -> Tensor:
    return ((grey[:, np.newaxis].astype(np.float32) / 255 - mean) / deviation).astype(np.float32)


def _as_imagenet(grey: Pixels) -> Tensor:
    three = np.repeat(grey[..., np.newaxis], 3, axis=3).astype(np.float32) / 255
    scaled: Tensor = ((three - _IMAGENET_MEAN) / _IMAGENET_DEVIATION).astype(np.float32)
    return np.transpose(scaled, (0, 3, 1, 2))


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise ModelCorrupt(f"{path.name} is not a readable safetensors file; fetch it again.") from error
