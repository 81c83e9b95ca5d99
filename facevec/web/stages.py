"""The parts of recognition, timed: same ports, one note a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facevec.ports import EmotionReader, FaceDetector, FaceEmbedder, ImageDecoder, LiveGallery
from facevec.types import Candidate, Emotion, Face, Image, Looks, Vectors
from facevec.usecases.analyse import Vision
from facevec.web.call import stage

MODEL_STAGES = frozenset({"detect", "embed", "emotion"})
"""Stages that run a network; all other time is the service's own."""


class TimedDecoder:
    """`ports.ImageDecoder`."""

    def __init__(self, inner: ImageDecoder) -> None:
        self._inner = inner

    def decode(self, data: bytes) -> Image:
        with stage("decode"):
            return self._inner.decode(data)


class TimedDetector:
    """`ports.FaceDetector`."""

    def __init__(self, inner: FaceDetector) -> None:
        self._inner = inner
        self.threshold = inner.threshold

    def detect(self, image: Image) -> tuple[Face, ...]:
        with stage("detect"):
            return self._inner.detect(image)


class TimedEmbedder:
    """`ports.FaceEmbedder`."""

    def __init__(self, inner: FaceEmbedder) -> None:
        self._inner = inner
        self.model = inner.model
        self.contract = inner.contract

    def embed(self, image: Image, faces: Sequence[Face], looks: Looks = Looks.ONCE) -> Vectors:
        with stage("embed"):
            return self._inner.embed(image, faces, looks)


class TimedEmotionReader:
    """`ports.EmotionReader`."""

    def __init__(self, inner: EmotionReader) -> None:
        self._inner = inner
        self.model = inner.model

    def read(self, image: Image, faces: Sequence[Face]) -> tuple[Emotion, ...]:
        with stage("emotion"):
            return self._inner.read(image, faces)


class TimedLive:
    """`ports.LiveGallery`."""

    def __init__(self, inner: LiveGallery) -> None:
        self._inner = inner

    def search(self, probes: Vectors, k: int) -> tuple[int, tuple[tuple[Candidate, ...], ...]]:
        with stage("search"):
            return self._inner.search(probes, k)

    def extent(self) -> tuple[int, int]:
        return self._inner.extent()


def timed(vision: Vision) -> Vision:
    """`vision` with a note of how long each of its parts took."""
    return replace(
        vision,
        decoder=TimedDecoder(vision.decoder),
        detector=TimedDetector(vision.detector),
        embedder=TimedEmbedder(vision.embedder),
        emotion=TimedEmotionReader(vision.emotion) if vision.emotion else None,
    )
