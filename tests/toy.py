"""A toy vision for the use cases: pictures whose bytes spell who is in them.

Real registry, real gallery, no network to load: the use cases are tested in milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from facevec.config import Loaded
from facevec.decision.vectors import unit
from facevec.errors import ModelUnknown, NotAnImage
from facevec.ports import Vision
from facevec.types import (
    EMBEDDING_DIMENSION,
    EMOTIONS,
    Box,
    Emotion,
    Face,
    Image,
    Landmarks,
    ModelScale,
    PhotoSource,
    Purpose,
    Quality,
    RateTable,
    Vectors,
)

GOOD = Quality(size=120, sharpness=200, brightness=120, contrast=40, yaw=0.05, roll=0)


@dataclass(frozen=True)
class Someone:
    """A face in a toy picture: identity `who`, one of their looks, side length.

    unlike: how far the look is from their usual one. glimpse: how much more a first look is off,
    which a second is not. likeness: the cosine between them and identity `like`.
    """

    who: int
    look: int = 0
    size: float = 120
    sharpness: float = 200
    unlike: float = 0.5
    glimpse: float = 0
    like: int = 0
    likeness: float = 0


def picture(*people: Someone) -> bytes:
    """A toy picture of `people`."""
    return json.dumps([vars(someone) for someone in people]).encode()


def photo(name: str, *people: Someone) -> PhotoSource:
    """A toy photo called `name`."""
    return PhotoSource(name, picture(*people))


def embedding(someone: Someone) -> Vectors:
    """(EMBEDDING_DIMENSION,) float32, unit: near the identity's own direction, never twice the same look."""
    centre, look, glimpse = (
        np.random.default_rng(seed).normal(size=EMBEDDING_DIMENSION)
        for seed in (someone.who, (someone.who, someone.look, 1), (someone.who, someone.look, 2))
    )
    if someone.likeness:
        model = np.random.default_rng(someone.like).normal(size=EMBEDDING_DIMENSION)
        centre = np.sqrt(1 - someone.likeness**2) * centre + someone.likeness * model
    return unit((centre + someone.unlike * look + someone.glimpse * glimpse).astype(np.float32))


class ToyDecoder:
    def decode(self, data: bytes) -> Image:
        try:
            json.loads(data)
        except ValueError:
            raise NotAnImage("This is no picture; use a JPEG, PNG or WebP file.") from None
        padded = data.ljust(-(-len(data) // 3) * 3)
        return Image(np.frombuffer(padded, dtype=np.uint8).reshape(1, -1, 3))


class ToyDetector:
    threshold = 0.9

    def detect(self, image: Image) -> tuple[Face, ...]:
        faces = [_face(place, someone) for place, someone in enumerate(_people(image))]
        return tuple(sorted(faces, key=lambda face: -face.box.area))


class ToyEmbedder:
    model = "toy"
    contract = "toy-1"

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        seen = [_shown(image, face) for face in faces]
        if purpose is Purpose.RECHECK:
            seen = [replace(someone, glimpse=0) for someone in seen]
        rows = [embedding(someone) for someone in seen]
        return np.stack(rows) if rows else np.empty((0, EMBEDDING_DIMENSION), np.float32)


class ToyEmotions:
    model = "toy"

    def read(self, image: Image, faces: Sequence[Face]) -> tuple[Emotion, ...]:
        scores = {name: float(name == "happiness") for name in EMOTIONS}
        return tuple(Emotion(scores, "happiness") for _ in faces)


def toy_vision(*, emotion: bool = True, emotion_consent_only: bool = False) -> Vision:
    return Vision(
        ToyDecoder(), ToyDetector(), ToyEmbedder(), ToyEmotions() if emotion else None, emotion_consent_only
    )


SCALE = ModelScale(
    match=RateTable(((0.001, 0.9), (0.01, 0.95), (0.1, 1.0))),
    margin=0.05,
    verify=0.95,
    same_person=1.1,
    other_person=0.7,
)
"""What suits the toy's vectors."""


@dataclass(frozen=True)
class ToyNetworks:
    """`ports.Networks` with one model, which is the toy."""

    emotion: bool = True
    emotion_consent_only: bool = False
    toy_scale: ModelScale = SCALE

    def best(self) -> str:
        return ToyEmbedder.model

    def scale(self, model: str) -> ModelScale:
        if model != ToyEmbedder.model:
            raise ModelUnknown(f"There is no model {model}.")
        return self.toy_scale

    def vision(self, model: str) -> Vision:
        self.scale(model)
        return toy_vision(emotion=self.emotion, emotion_consent_only=self.emotion_consent_only)

    def decoder(self) -> ToyDecoder:
        return ToyDecoder()

    def emotion_classifier(self):
        raise ModelUnknown("The toy classifies no faces.")


def toy_networks(loaded: Loaded) -> ToyNetworks:
    """`bootstrap.NetworksOf`."""
    emotion = loaded.settings.emotion
    return ToyNetworks(emotion=emotion.enabled, emotion_consent_only=emotion.consented_only)


def _people(image: Image) -> list[Someone]:
    try:
        return [Someone(**fields) for fields in json.loads(image.pixels.tobytes())]
    except ValueError:  # the noise on which networks are warmed up
        return []


def _shown(image: Image, face: Face) -> Someone:
    place, _ = face.landmarks.nose
    people = _people(image)
    return people[int(place)] if people else Someone(0)


def _face(place: int, someone: Someone) -> Face:
    """The nose says where in the picture's list `someone` stands."""
    side = someone.size
    at = (side / 2, side / 2)
    return Face(
        Box(0, 0, side, side),
        Landmarks(at, at, (float(place), 0.0), at, at),
        detection_score=0.99,
        quality=replace(GOOD, size=side, sharpness=someone.sharpness),
    )
