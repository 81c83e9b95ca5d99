"""What sees: from bytes to faces, vectors and expressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from facevec.types import Emotion, Face, Image, Looks, Pixels, Probabilities, Vectors


class ImageDecoder(Protocol):
    def decode(self, data: bytes) -> Image:
        """The picture in `data`.

        Raises FileEmpty, FileTooLarge, NotAnImage, ImageTruncated, ImageTooLarge, ImageTooSmall.
        """
        ...


class FaceDetector(Protocol):
    @property
    def threshold(self) -> float:
        """Smallest detection score that counts as a face, 0 to 1."""
        ...

    def detect(self, image: Image) -> tuple[Face, ...]:
        """Every face scoring at least `threshold`, largest first; boxes inside the picture."""
        ...


class FaceEmbedder(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    @property
    def contract(self) -> str:
        """Embedding contract: only vectors of one contract are ever compared."""
        ...

    def embed(self, image: Image, faces: Sequence[Face], looks: Looks = Looks.ONCE) -> Vectors:
        """(len(faces), dimension) float32, rows of unit length; one batched call a view.

        looks: each view costs as much as the first.
        """
        ...


class EmotionReader(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def read(self, image: Image, faces: Sequence[Face]) -> tuple[Emotion, ...]:
        """One emotion a face; one batched call."""
        ...


class EmotionClassifier(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def classify(self, crops: Sequence[Pixels]) -> Probabilities:
        """A row for each picture, which shows one face from edge to edge: no margin is added."""
        ...
