"""What sees toy pictures: the product's decoder, and in the networks' place what reads the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from facevec.config import Loaded
from facevec.decision.vectors import unit
from facevec.errors import ModelUnknown
from facevec.integrity import IntegrityKey, key_at
from facevec.networks import installed_networks
from facevec.ports import FaceDetector, FaceEmbedder, ImageDecoder, Vision
from facevec.types import (
    EMOTIONS,
    TURNS,
    Face,
    Image,
    Landmarks,
    MeasuredScale,
    ModelScale,
    Probabilities,
    Purpose,
    Quality,
    RateTable,
    Turn,
    Vectors,
)
from facevec.vision.weights import scales
from tests.parts import decoder
from tests.toy.pictures import Placed, Someone, people_in

LANDMARKS = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
"""Parts of a face's width and height: eyes, nose, corners of the mouth."""

ANYBODY = Someone(0)
"""Whose face is in the noise on which networks are warmed up."""

DIMENSION = 512
"""Length of a toy embedding."""

GOOD = Quality(size=120, sharpness=200, brightness=120, contrast=40, yaw=0.05, roll=0)


def embedding(someone: Someone, dimension: int = DIMENSION) -> Vectors:
    """(dimension,) float32, unit: near the identity's own direction, never twice the same look."""
    centre, look, glimpse = (
        np.random.default_rng(seed).normal(size=dimension)
        for seed in (someone.who, (someone.who, someone.look, 1), (someone.who, someone.look, 2))
    )
    if someone.likeness:
        model = np.random.default_rng(someone.like).normal(size=dimension)
        centre = np.sqrt(1 - someone.likeness**2) * centre + someone.likeness * model
    return unit((centre + someone.unlike * look + someone.glimpse * glimpse).astype(np.float32))


class LooksRound:
    """Knows which turn shows a face, since it looks at all of them."""

    def detect(self, image: Image) -> tuple[Face, ...]:
        raise NotImplementedError

    def detect_or_turn(self, image: Image, sure: float) -> tuple[tuple[Face, ...], Turn]:
        faces = self.detect(image)
        if _surest(faces) >= sure:
            return faces, Turn.NONE
        scores = {turn: _surest(self.detect(turn.applied(image))) for turn in TURNS}
        best = max(TURNS, key=scores.__getitem__)
        return faces, best if scores[best] else Turn.NONE


class ToyDetector(LooksRound):
    threshold = 0.9

    def detect(self, image: Image) -> tuple[Face, ...]:
        faces = [_face(each) for each in people_in(image)]
        return tuple(sorted(faces, key=lambda face: -face.box.area))


class ToyEmbedder:
    model = "toy"
    contract = "toy-1"
    dimension = DIMENSION

    def vector(self, someone: Someone) -> Vectors:
        """(DIMENSION,) float32, unit."""
        return embedding(someone)

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        people = {each.box: each.someone for each in people_in(image)}
        shown = [people.get(face.box, ANYBODY) for face in faces]
        if purpose is Purpose.RECHECK:
            shown = [replace(someone, glimpse=0) for someone in shown]
        rows = [self.vector(someone) for someone in shown]
        return np.stack(rows) if rows else np.empty((0, DIMENSION), np.float32)


class ToyEmotions:
    model = "toy"

    def read(self, image: Image, faces: Sequence[Face]) -> Probabilities:
        return np.tile([float(name == "happiness") for name in EMOTIONS], (len(faces), 1))


def toy_vision() -> Vision:
    return ToyNetworks().vision(ToyEmbedder.model)


SCALE = ModelScale(
    match=RateTable(((0.001, 0.9), (0.01, 0.95), (0.1, 1.0))),
    margin=0.05,
    look_alike_margin=0.2,
    verify=0.95,
    same_person=1.1,
    other_person=0.7,
)
"""What suits the toy's vectors."""


@dataclass(frozen=True)
class ToyNetworks:
    """`ports.Networks` with one model, which is the toy."""

    emotion: bool = True
    confidence_floor: float = 0.0
    emotion_consent_only: bool = False
    turns: bool = True
    toy_scale: ModelScale = SCALE
    scales: Path | None = None
    key: IntegrityKey = field(default_factory=IntegrityKey.passing)
    image_decoder: ImageDecoder = field(default_factory=decoder)
    detector: FaceDetector = field(default_factory=ToyDetector)
    embedder: FaceEmbedder = field(default_factory=ToyEmbedder)

    def best(self) -> str:
        return ToyEmbedder.model

    def scale(self, model: str) -> ModelScale:
        if model != ToyEmbedder.model:
            raise ModelUnknown(f"There is no model {model}.")
        return self.toy_scale

    def measured(self, model: str) -> MeasuredScale | None:
        return None if self.scales is None else scales.kept(model, self.scales, self.key)

    def keep_measured(self, measured: MeasuredScale) -> None:
        assert self.scales is not None
        scales.keep(measured, self.scales, self.key)

    def vision(self, model: str) -> Vision:
        self.scale(model)
        return Vision(
            decoder=self.image_decoder,
            detector=self.detector,
            embedder=self.embedder,
            emotion=ToyEmotions() if self.emotion else None,
            confidence_floor=self.confidence_floor,
            emotion_consent_only=self.emotion_consent_only,
            turns=self.turns,
        )

    def decoder(self) -> ImageDecoder:
        return self.image_decoder

    def emotion_classifier(self):
        raise ModelUnknown("The toy classifies no faces.")


def toy_networks(loaded: Loaded) -> ToyNetworks:
    """`networks.NetworksOf`."""
    vision, emotion = loaded.settings.vision, loaded.settings.emotion
    return ToyNetworks(
        emotion=emotion.enabled,
        confidence_floor=emotion.confidence_floor,
        emotion_consent_only=loaded.settings.emotion_consented_only,
        turns=vision.turns,
        image_decoder=installed_networks(loaded).decoder(),
        scales=loaded.models,
        key=key_at(loaded.integrity_key_file),
    )


def _surest(faces: Sequence[Face]) -> float:
    return max((face.detection_score for face in faces), default=0.0)


def _face(placed: Placed) -> Face:
    """Eyes, nose and mouth where they are in most faces."""
    someone, box = placed.someone, placed.box
    marks = [(box.x_min + x * box.width, box.y_min + y * box.height) for x, y in LANDMARKS]
    quality = replace(GOOD, size=someone.size, sharpness=someone.sharpness)
    return Face(box, Landmarks(*marks), detection_score=0.9995, quality=quality)
