"""A decoded picture and the faces in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from facevec.types.arrays import Pixels


class _Referable:
    """May be referred to weakly; Python 3.10's dataclasses have no setting for it."""

    __slots__ = ("__weakref__",)


@dataclass(frozen=True, slots=True, eq=False)
class Image(_Referable):
    """A decoded picture: RGB, upright, within the limits of the decoder."""

    pixels: Pixels

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright picture, inside its borders."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        return self.width * self.height


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Five points in pixels; left and right as the viewer sees them."""

    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point

    def points(self) -> tuple[Point, ...]:
        return (self.left_eye, self.right_eye, self.nose, self.mouth_left, self.mouth_right)


@dataclass(frozen=True, slots=True)
class Quality:
    """What can be said of a face crop before it is recognised.

    size: shorter side of the detector's box, pixels.
    sharpness: variance of the Laplacian of the grey crop at 112 x 112, >= 0.
    brightness: mean grey level, 0 to 255.
    contrast: standard deviation of the grey level, 0 to 127.5.
    yaw: nose off the middle of the eyes, in eye distances; 0 is frontal, about 0.5 is a half profile.
    roll: slope of the line of the eyes, degrees; 0 is level.
    """

    size: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float


@dataclass(frozen=True, slots=True)
class QualityGate:
    """Limits a face must keep; see `Quality` for the units."""

    min_size: float
    min_sharpness: float
    min_brightness: float
    max_brightness: float
    min_contrast: float
    max_yaw: float


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face. `detection_score` is the detector's, 0 to 1."""

    box: Box
    landmarks: Landmarks
    detection_score: float
    quality: Quality


EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
"""Class order of every emotion model, as in fer-pytorch."""


@dataclass(frozen=True, slots=True)
class Emotion:
    """Seven probabilities that sum to one, in the order of `EMOTIONS`.

    top: the most likely, or None when none is likely enough to be said.
    """

    scores: Mapping[str, float]
    top: str | None


class Purpose(Enum):
    """What an embedding is for; each embedder has a recipe for each: some views of a face, and their mean."""

    PROBE = "probe"
    TEMPLATE = "template"
    RECHECK = "recheck"
