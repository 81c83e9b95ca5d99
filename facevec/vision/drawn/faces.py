"""Drawn people as a detector would find them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import numpy as np
from PIL import Image as Picture

from facevec.types import Box, Face, Image, Landmarks, Quality
from facevec.vision.drawn.drawing import Person, draw, person

SIDE = 320
"""Of a portrait, pixels."""

_QUALITY = Quality(size=140, sharpness=100, brightness=120, contrast=40, yaw=0, roll=0)

_PEOPLE = 10
_LIGHTS = (0.5, 0.8, 1.0, 1.25)
_SIDES = (64, 80, 100, 130, 160)
"""Pixels to which portraits are made smaller, and larger again: cameras see less sharply than one draws."""


def as_image(picture: Picture.Image) -> Image:
    """What a photo would be decoded to."""
    return Image(np.asarray(picture))


def face_of(who: Person) -> Face:
    """Where a detector would find it in a portrait of `SIDE` pixels, by the drawing's own measures."""
    half = who.mouth_width / 2
    marks = ((-who.eye_dx, who.eye_y), (who.eye_dx, who.eye_y), (0.0, 0.60), (-half, 0.69), (half, 0.69))
    left, right, nose, mouth_left, mouth_right = ((SIDE * (0.5 + x), SIDE * y) for x, y in marks)
    width, height = who.face_width, who.face_height
    box = (0.5 - width / 2, 0.56 - height / 2, 0.5 + width / 2, 0.54 + height / 2)
    landmarks = Landmarks(left, right, nose, mouth_left, mouth_right)
    return Face(Box(*(SIDE * edge for edge in box)), landmarks, 1.0, _QUALITY)


def faces() -> Iterator[tuple[Image, Face]]:
    """Different people in different light, smiling or not, as sharp as cameras see; the same each time."""
    sides = cycle(_SIDES)
    for number in range(_PEOPLE):
        who = person(number)
        for smile in (True, False):
            sharp = draw(who, size=SIDE, smile=smile, seed=number)
            for light in _LIGHTS:
                blurred = np.asarray(_blurred(sharp, next(sides)), np.float32)
                yield Image((light * blurred).clip(0, 255).astype(np.uint8)), face_of(who)


def _blurred(picture: Picture.Image, side: int) -> Picture.Image:
    small = picture.resize((side, side), Picture.Resampling.BILINEAR)
    return small.resize((SIDE, SIDE), Picture.Resampling.BILINEAR)
