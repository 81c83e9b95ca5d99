"""Toy pictures: PNG files whose pixels say, in JSON, who is in them and where."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from functools import cache

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from facevec.types import Box, Image, PhotoSource

MARK = b"toy\0"
"""What the pixels of a toy picture begin with; behind it comes JSON and again the last byte."""

SMALLEST = 96
GROUND, SKIN = (200, 205, 215), (224, 172, 105)
NOISY_ROWS = 16
"""Rows of noise at the bottom: no two pictures are alike, and none is too small a file to be cut in two."""


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


@dataclass(frozen=True)
class Placed:
    """Somebody, and where in the picture their face begins."""

    someone: Someone
    left: float
    top: float

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.left + self.someone.size, self.top + self.someone.size)


def picture(*people: Someone) -> bytes:
    """A toy picture of `people` side by side."""
    return picture_of_rows((people,))


@cache
def picture_of_rows(rows: tuple[tuple[Someone, ...], ...]) -> bytes:
    """A toy picture of people in rows below each other."""
    placed, width, height = _places(rows)
    canvas = Pillow.new("RGB", (width, height), GROUND)
    pen = ImageDraw.Draw(canvas)
    for each in placed:
        pen.ellipse((each.box.x_min, each.box.y_min, each.box.x_max, each.box.y_max), fill=SKIN)
    pixels = np.asarray(canvas).copy()
    words = _words(placed)
    noise = np.random.default_rng(list(words)).integers(0, 256, (NOISY_ROWS, width, 3), dtype=np.uint8)
    pixels[-NOISY_ROWS:] = noise
    pixels.reshape(-1)[: len(words)] = np.frombuffer(words, np.uint8)
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def turned(data: bytes, degrees: int) -> bytes:
    """A picture that has to be turned by so many degrees, clockwise, to be as it was."""
    with Pillow.open(io.BytesIO(data)) as upright:
        file = io.BytesIO()
        upright.rotate(degrees, expand=True).save(file, "PNG", compress_level=1)
    return file.getvalue()


def photo(name: str, *people: Someone) -> PhotoSource:
    """A toy photo called `name`."""
    return PhotoSource(name, picture(*people))


def people_in(image: Image) -> list[Placed]:
    """Who is in a picture, and where; nobody in one that is no toy, or that does not stand upright."""
    flat = image.pixels.reshape(-1)
    if flat[: len(MARK)].tobytes() != MARK:
        return []
    words = flat[len(MARK) :].tobytes().partition(MARK[-1:])[0]
    return [Placed(Someone(*someone), left, top) for someone, left, top in json.loads(words)]


def _places(rows: Sequence[Sequence[Someone]]) -> tuple[list[Placed], int, int]:
    """Where each face is, and the picture's size: around each face there is half of it free."""
    placed, top, width = [], 0.0, 0.0
    for row in rows:
        left, height = 0.0, max((2 * someone.size for someone in row), default=0)
        for someone in row:
            placed.append(Placed(someone, left + someone.size / 2, top + height / 2 - someone.size / 2))
            left += 2 * someone.size
        top, width = top + height, max(width, left)
    return placed, max(SMALLEST, round(width)), max(SMALLEST, round(top))


def _words(placed: Iterable[Placed]) -> bytes:
    return MARK + json.dumps([astuple(each) for each in placed]).encode() + MARK[-1:]
