"""Drawn people: faces that detectors and networks know for faces and nobody owns.

`person(seed)` is an identity; `draw` gives a picture of it in some light and mood. Real photos never enter
facevec, so a network that comes is tried on these, and tests and the README's picture show them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, ...]

SKINS = ((236, 188, 160), (198, 140, 105), (141, 95, 66), (255, 214, 186), (172, 118, 84))
HAIRS = ((40, 28, 22), (90, 58, 34), (25, 25, 28), (150, 110, 60), (110, 110, 112))
IRISES = ((70, 50, 30), (60, 90, 120), (60, 100, 70))
DARK, LIPS, TEETH = (30, 30, 30), (170, 80, 80), (245, 240, 235)


@dataclass(frozen=True, slots=True)
class Person:
    """An identity; lengths are fractions of the picture's side."""

    skin: Colour
    hair: Colour
    iris: Colour
    shirt: Colour
    face_width: float
    face_height: float
    eye_y: float
    eye_dx: float
    mouth_width: float
    brow: float
    long_hair: bool
    glasses: bool


def person(seed: int) -> Person:
    """The drawn person number `seed`."""
    pick = random.Random(seed)  # noqa: S311 - draws faces, not secrets
    return Person(
        skin=pick.choice(SKINS),
        hair=pick.choice(HAIRS),
        iris=pick.choice(IRISES),
        shirt=tuple(pick.randrange(40, 200) for _ in range(3)),
        face_width=pick.uniform(0.38, 0.48),
        face_height=pick.uniform(0.54, 0.66),
        eye_y=pick.uniform(0.46, 0.50),
        eye_dx=pick.uniform(0.083, 0.108),
        mouth_width=pick.uniform(0.11, 0.17),
        brow=pick.uniform(0.010, 0.022),
        long_hair=pick.random() < 0.5,  # noqa: PLR2004 - a half of them
        glasses=pick.random() < 0.4,  # noqa: PLR2004 - two in five
    )


def draw(
    who: Person, *, size: int = 320, smile: bool = True, light: float = 1.0, seed: int = 0
) -> Image.Image:
    """A portrait of `who`, `size` pixels square; `light` scales its brightness, `seed` draws its noise."""
    return _drawn(who, size, smile, light, seed).copy()


@lru_cache(maxsize=64)
def _drawn(who: Person, size: int, smile: bool, light: float, seed: int) -> Image.Image:
    canvas = _Canvas(2 * size, (200, 205, 215))
    _head(canvas, who)
    canvas.blur(1 / 150)
    _shading(canvas, who)
    for side in (-1, 1):
        _eye(canvas, who, side)
    _mouth(canvas, who, smile)
    if who.glasses:
        _glasses(canvas, who)
    canvas.blur(1 / 400)
    return _lit(canvas.picture.resize((size, size), Image.Resampling.LANCZOS), light, seed)


class _Canvas:
    """A square picture drawn in fractions of its side."""

    def __init__(self, side: int, background: Colour) -> None:
        self.side = side
        self.picture = Image.new("RGB", (side, side), background)
        self.pen = ImageDraw.Draw(self.picture)

    def ellipse(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        self.pen.ellipse(self.box(x, y, width, height), fill=fill)

    def box(self, x: float, y: float, width: float, height: float) -> list[float]:
        return self.scale(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def scale(self, *fractions: float) -> list[float]:
        return [fraction * self.side for fraction in fractions]

    def blur(self, fraction: float) -> None:
        self.picture = self.picture.filter(ImageFilter.GaussianBlur(fraction * self.side))
        self.pen = ImageDraw.Draw(self.picture)

    def paste_soft(self, ellipses: list[tuple[float, float, float, float, Colour]]) -> None:
        layer = Image.new("RGBA", self.picture.size, (0, 0, 0, 0))
        pen = ImageDraw.Draw(layer)
        for x, y, width, height, fill in ellipses:
            pen.ellipse(self.box(x, y, width, height), fill=fill)
        layer = layer.filter(ImageFilter.GaussianBlur(self.side / 70))
        self.picture.paste(layer, (0, 0), layer)
        self.pen = ImageDraw.Draw(self.picture)


def _shade(colour: Colour, factor: float) -> Colour:
    return tuple(min(255, int(channel * factor)) for channel in colour)


def _head(canvas: _Canvas, who: Person) -> None:
    width, height = who.face_width, who.face_height
    if who.long_hair:
        canvas.ellipse(0.5, 0.56, width + 0.16, height + 0.3, who.hair)
    canvas.ellipse(0.5, 1.12, 0.95, 0.6, who.shirt)
    neck = canvas.scale(0.41, 0.7, 0.59, 0.7, 0.6, 0.9, 0.5, 0.96, 0.4, 0.9)
    canvas.pen.polygon(neck, fill=_shade(who.skin, 0.8))
    for side in (-1, 1):
        canvas.ellipse(0.5 + side * width / 2, 0.53, 0.06, 0.12, _shade(who.skin, 0.85))
    canvas.ellipse(0.5, 0.40, width + 0.05, height * 0.75, who.hair)
    canvas.ellipse(0.5, 0.54, width, height, who.skin)
    fringe = canvas.scale(0.48 - width / 2, 0.51 - height / 2, 0.52 + width / 2, 0.54 + height * 0.15)
    canvas.pen.pieslice(fringe, 180, 360, fill=who.hair)
    canvas.ellipse(0.5, 0.45, width * 0.9, height * 0.42, who.skin)


def _shading(canvas: _Canvas, who: Person) -> None:
    shadow, light = _shade(who.skin, 0.55), _shade(who.skin, 1.2)
    soft = [
        (0.5, 0.615, 0.085, 0.03, (*shadow, 150)),
        (0.522, 0.54, 0.03, 0.13, (*shadow, 90)),
        (0.5, 0.745, 0.12, 0.03, (*shadow, 110)),
        (0.5, 0.55, 0.03, 0.12, (*light, 150)),
        (0.5, 0.83, 0.2, 0.05, (*shadow, 120)),
    ]
    for side in (-1, 1):
        soft += [
            (0.5 + side * who.eye_dx, who.eye_y, 0.13, 0.075, (*shadow, 130)),
            (0.5 + side * (who.face_width / 2 - 0.02), 0.56, 0.07, 0.3, (*shadow, 110)),
            (0.5 + side * 0.12, 0.6, 0.1, 0.07, (*light, 90)),
        ]
    canvas.paste_soft(soft)
    for side in (-1, 1):
        canvas.ellipse(0.5 + side * 0.026, 0.612, 0.022, 0.012, _shade(who.skin, 0.4))


def _eye(canvas: _Canvas, who: Person, side: int) -> None:
    x, y = 0.5 + side * who.eye_dx, who.eye_y
    canvas.ellipse(x, y, 0.085, 0.036, (240, 236, 230))
    canvas.ellipse(x, y, 0.036, 0.036, who.iris)
    canvas.ellipse(x, y, 0.018, 0.018, (10, 10, 10))
    canvas.ellipse(x - 0.006, y - 0.006, 0.008, 0.008, (255, 255, 255))
    lid = canvas.scale(x - 0.05, y - 0.028, x + 0.05, y + 0.03)
    canvas.pen.arc(lid, 190, 350, fill=_shade(who.hair, 0.5), width=int(0.008 * canvas.side))
    outer, inner = (0.012, 0.005) if side < 0 else (0.005, 0.012)
    brow = canvas.scale(x - 0.055, y - 0.06 + outer, x, y - 0.068, x + 0.055, y - 0.06 + inner)
    canvas.pen.line(brow, fill=who.hair, width=int(who.brow * canvas.side), joint="curve")


def _mouth(canvas: _Canvas, who: Person, smile: bool) -> None:
    half, y = who.mouth_width / 2, 0.69
    if smile:
        lips = canvas.scale(0.48 - half, y - 0.06, 0.52 + half, y + 0.045)
        teeth = canvas.scale(0.5 - half, y - 0.045, 0.5 + half, y + 0.03)
        canvas.pen.chord(lips, 20, 160, fill=LIPS)
        canvas.pen.chord(teeth, 20, 160, fill=TEETH)
    else:
        canvas.ellipse(0.5, y, who.mouth_width, 0.03, LIPS)
        line = canvas.scale(0.5 - half, y, 0.5 + half, y)
        canvas.pen.line(line, fill=_shade(LIPS, 0.5), width=int(0.006 * canvas.side))


def _glasses(canvas: _Canvas, who: Person) -> None:
    width = int(0.008 * canvas.side)
    for side in (-1, 1):
        x = 0.5 + side * who.eye_dx
        frame = canvas.scale(x - 0.075, who.eye_y - 0.045, x + 0.075, who.eye_y + 0.055)
        canvas.pen.rounded_rectangle(frame, radius=0.03 * canvas.side, outline=DARK, width=width)
    bridge = canvas.scale(0.475, who.eye_y, 0.525, who.eye_y)
    canvas.pen.line(bridge, fill=DARK, width=width)


def _lit(picture: Image.Image, light: float, seed: int) -> Image.Image:
    values = np.asarray(picture, dtype=np.float32)
    across = np.linspace(0, 1, picture.width, dtype=np.float32)
    values = values * (light * (1.08 - 0.35 * np.abs(across - 0.42)))[None, :, None]
    values += np.random.default_rng(seed).normal(0, 4, values.shape)
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))
