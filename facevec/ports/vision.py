"""What sees: from bytes to faces, vectors and expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from facevec.types import (
    Face,
    Image,
    MeasuredScale,
    ModelScale,
    Pixels,
    Precision,
    Probabilities,
    Purpose,
    Turn,
    Vectors,
)


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

    def detect_or_turn(self, image: Image, sure: float) -> tuple[tuple[Face, ...], Turn]:
        """The same, and where no score is at least `sure`, the turn in which one may be.

        `Turn.NONE` where one is, and where no other turn seems worth a look.
        """
        ...


class FaceEmbedder(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue; of several networks: `usecases.model.together`."""
        ...

    @property
    def contract(self) -> str:
        """Embedding contract: only vectors of one contract are ever compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of its vectors."""
        ...

    def embed(self, image: Image, faces: Sequence[Face], purpose: Purpose = Purpose.PROBE) -> Vectors:
        """(len(faces), dimension) float32, rows of unit length; one batched call a view.

        A template and a recheck take several views, each as costly as a probe. A view that was taken before
        costs nothing while its picture is there.
        """
        ...


class EmotionReader(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def read(self, image: Image, faces: Sequence[Face]) -> Probabilities:
        """A row for each face; one batched call."""
        ...


class EmotionClassifier(Protocol):
    @property
    def model(self) -> str:
        """Name of the weights in the catalogue."""
        ...

    def classify(self, crops: Sequence[Pixels]) -> Probabilities:
        """A row for each picture, which shows one face from edge to edge: no margin is added."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Vision:
    """What sees.

    emotion: None when emotions are switched off. confidence_floor: smallest probability, 0 to 1, with which
    an emotion is named. emotion_consent_only: read only the emotions of identified workers who agreed to
    that. turns: turn a picture in which no face is found, or none for sure. precisions: what each network of
    the embedder computes in. at_once: so many pictures may be looked at at the same time, which takes less
    time than one after the other. rest: gives back the memory that pictures took; the next one takes it
    again. lack: a sentence on what it does without, which costs time alone, and on what mends that; None
    where it has everything.
    """

    decoder: ImageDecoder
    detector: FaceDetector
    embedder: FaceEmbedder
    emotion: EmotionReader | None
    confidence_floor: float
    emotion_consent_only: bool
    turns: bool
    precisions: tuple[Precision, ...] = ("fp32",)
    at_once: int = 1
    rest: Callable[[], None] = field(default=lambda: None, repr=False)
    lack: str | None = None


class Networks(Protocol):
    """The models that are here, and what sees with them."""

    def best(self) -> str:
        """Name of the best embedding model that is here. Raises ModelMissing."""
        ...

    def scale(self, model: str) -> ModelScale:
        """The distances that suit an embedding model, as it came; loads nothing. Raises ModelUnknown."""
        ...

    def measured(self, model: str) -> MeasuredScale | None:
        """The distances that were measured for it on a folder of people; loads nothing.

        Raises NotAuthentic for what somebody else wrote.
        """
        ...

    def keep_measured(self, measured: MeasuredScale) -> None:
        """From now on these are the ones. Raises OutputUnwritable."""
        ...

    def vision(self, model: str) -> Vision:
        """What sees with that embedding model. Raises ModelError."""
        ...

    def decoder(self) -> ImageDecoder:
        """What makes pictures of bytes, alone."""
        ...

    def emotion_classifier(self) -> EmotionClassifier:
        """The emotion model alone. Raises ModelError, and SettingsError where emotions are switched off."""
        ...
