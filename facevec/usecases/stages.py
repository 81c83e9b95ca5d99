"""The parts of a recognition, each call of them inside a stage that somebody may time.

Where memory runs out in one, it raises MemoryExhausted: another picture may need less.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from facevec.memory import watched
from facevec.ports import EmotionReader, FaceDetector, FaceEmbedder, ImageDecoder, LiveGallery, Vision
from facevec.types import Candidate, Face, Image, Position, Probabilities, Purpose, Turn, Upkeep, Vectors

Stage = Callable[[str], AbstractContextManager[None]]
"""Is entered with the name of a part for as long as a call of it takes."""


def untimed(_name: str) -> AbstractContextManager[None]:
    """Nobody wants to know."""
    return nullcontext()


class _Decoder:
    def __init__(self, inner: ImageDecoder, stage: Stage) -> None:
        self._inner, self._stage = inner, stage

    def decode(self, data: bytes) -> Image:
        with self._stage("decode"), watched():
            return self._inner.decode(data)


class _Detector:
    def __init__(self, inner: FaceDetector, stage: Stage) -> None:
        self._inner, self._stage = inner, stage
        self.threshold = inner.threshold

    def detect(self, image: Image) -> tuple[Face, ...]:
        with self._stage("detect"), watched():
            return self._inner.detect(image)

    def detect_or_turn(self, image: Image, sure: float) -> tuple[tuple[Face, ...], Turn]:
        with self._stage("detect"), watched():
            return self._inner.detect_or_turn(image, sure)


class _Embedder:
    def __init__(self, inner: FaceEmbedder, stage: Stage) -> None:
        self._inner, self._stage = inner, stage
        self.model, self.contract, self.dimension = inner.model, inner.contract, inner.dimension

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        with self._stage("embed"), watched():
            return self._inner.embed(image, faces, purpose)


class _EmotionReader:
    def __init__(self, inner: EmotionReader, stage: Stage) -> None:
        self._inner, self._stage = inner, stage
        self.model = inner.model

    def read(self, image: Image, faces: Sequence[Face]) -> Probabilities:
        with self._stage("emotion"), watched():
            return self._inner.read(image, faces)


class _Live:
    def __init__(self, inner: LiveGallery, stage: Stage) -> None:
        self._inner, self._stage = inner, stage

    def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        with self._stage("search"), watched():
            return self._inner.search(probes, k)

    def extent(self) -> tuple[int, int]:
        return self._inner.extent()

    def upkeep(self) -> Upkeep:
        return self._inner.upkeep()

    def require_same(self) -> None:
        self._inner.require_same()


def staged_vision(vision: Vision, stage: Stage) -> Vision:
    """`vision`, each of its parts inside its stage."""
    return replace(
        vision,
        decoder=_Decoder(vision.decoder, stage),
        detector=_Detector(vision.detector, stage),
        embedder=_Embedder(vision.embedder, stage),
        emotion=_EmotionReader(vision.emotion, stage) if vision.emotion else None,
    )


def staged_live(live: LiveGallery, stage: Stage) -> LiveGallery:
    """`live`, inside its stage."""
    return _Live(live, stage)
