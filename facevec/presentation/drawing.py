"""Shapes and text blocks on a Pillow picture; edges are smoothed by drawing larger and shrinking."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageDraw

from facevec.presentation.fonts import Font, line_height
from facevec.presentation.rectangles import Rect

Colour = tuple[int, int, int]

INK: Colour = (20, 24, 29)
PAPER: Colour = (255, 255, 255)
PALE: Colour = (201, 209, 217)

LARGE_SHAPE = 1200
"""Sides above this many pixels are smoothed twofold instead of fourfold, to save memory."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, ready to draw."""

    text: str
    font: Font
    colour: Colour

    @property
    def width(self) -> float:
        return self.font.getlength(self.text)

    @property
    def height(self) -> int:
        return line_height(self.font)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text below each other, with a margin around them and a stripe of colour at their left."""

    lines: tuple[Line, ...]
    stripe: Colour
    em: float

    @property
    def text_width(self) -> float:
        """Width of the text alone, pixels."""
        return max(line.width for line in self.lines)

    @property
    def text_height(self) -> int:
        """Height of the text alone, pixels."""
        return sum(line.height for line in self.lines)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (
            round(self.text_width + self._left + self._margin + 0.5),
            round(self.text_height + 1.2 * self._margin),
        )

    def draw(self, canvas: Image.Image, place: Rect, *, opacity: float = 0.9) -> None:
        """Draw with the top left corner of `place` as one's own."""
        width, height = self.size
        area = Rect(place.x_min, place.y_min, place.x_min + width, place.y_min + height)
        fill(canvas, area, INK, radius=0.3 * self.em, opacity=opacity)
        inset = 0.28 * self.em
        bar = Rect(
            area.x_min + inset, area.y_min + inset, area.x_min + inset + 0.22 * self.em, area.y_max - inset
        )
        fill(canvas, bar, self.stripe, radius=0.11 * self.em)
        self.write(canvas, area.x_min + self._left, area.y_min + 0.6 * self._margin)

    def write(self, canvas: Image.Image, left: float, top: float) -> None:
        """The text alone."""
        pen = ImageDraw.Draw(canvas)
        for line in self.lines:
            pen.text((left, top), line.text, fill=line.colour, font=line.font)
            top += line.height

    @property
    def _margin(self) -> float:
        return 0.5 * self.em

    @property
    def _left(self) -> float:
        return 0.85 * self.em


def fill(canvas: Image.Image, area: Rect, colour: Colour, *, radius: float, opacity: float = 1.0) -> None:
    """A rounded rectangle of one colour."""
    _stamp(canvas, area, colour, radius, width=None, opacity=opacity)


def frame(canvas: Image.Image, area: Rect, colour: Colour, *, radius: float, width: float) -> None:
    """A rounded outline, drawn inwards from the sides of `area`."""
    _stamp(canvas, area, colour, radius, width=width, opacity=1.0)


def text_on(colour: Colour) -> Colour:
    """Black or white, whichever reads better on `colour` (relative luminance as in WCAG 2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # sRGB
        for part in (channel / 255 for channel in colour)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else PAPER


def _stamp(
    canvas: Image.Image, area: Rect, colour: Colour, radius: float, *, width: float | None, opacity: float
) -> None:
    left, top = int(area.x_min), int(area.y_min)
    columns, rows = max(1, int(area.x_max + 0.999) - left), max(1, int(area.y_max + 0.999) - top)
    scale = 4 if max(columns, rows) <= LARGE_SHAPE else 2
    mask = Image.new("L", (columns * scale, rows * scale), 0)
    corners = (
        (area.x_min - left) * scale,
        (area.y_min - top) * scale,
        max((area.x_max - left) * scale - 1, (area.x_min - left) * scale),
        max((area.y_max - top) * scale - 1, (area.y_min - top) * scale),
    )
    ink = round(255 * opacity)
    pen = ImageDraw.Draw(mask)
    if width is None:
        pen.rounded_rectangle(corners, radius * scale, fill=ink)
    else:
        pen.rounded_rectangle(corners, radius * scale, outline=ink, width=max(1, round(width * scale)))
    canvas.paste(colour, (left, top), mask.resize((columns, rows), Image.Resampling.BOX))
