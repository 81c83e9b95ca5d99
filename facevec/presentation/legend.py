"""The strip below an annotated picture: what the colours mean, how many there are, what decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from PIL import Image, ImageDraw

from facevec.presentation.drawing import PALE, Colour, fill
from facevec.presentation.fonts import REGULAR, Font, font, line_height
from facevec.presentation.rectangles import Rect
from facevec.presentation.style import COLOURS, WORDS
from facevec.types import Status
from facevec.usecases.recognize import RecognizedImage

LEGEND_EMS = 0.72


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries in lines of at most `width` pixels; an entry may have a patch of colour before it."""

    entries: tuple[tuple[str, Colour | None], ...]
    width: float
    em: float

    @property
    def height(self) -> int:
        """In pixels."""
        return round(self._places()[-1][1] + 2 * self._line)

    def draw(self, canvas: Image.Image, left: float, top: float) -> None:
        """Draw with the top left corner at (left, top)."""
        pen = ImageDraw.Draw(canvas)
        for (text, colour), (x, y) in zip(self.entries, self._places(), strict=True):
            middle = top + y + self._line
            start = left + x
            if colour is not None:
                side = self._patch
                fill(
                    canvas,
                    Rect(start, middle - side / 2, start + side, middle + side / 2),
                    colour,
                    radius=side / 4,
                )
                start += side * 1.5
            pen.text((start, middle), text, fill=PALE, font=self._font, anchor="lm")

    @property
    def _font(self) -> Font:
        return font(REGULAR, max(9, round(self.em * LEGEND_EMS)))

    @property
    def _line(self) -> float:
        return float(line_height(self._font))

    @property
    def _patch(self) -> float:
        return 0.62 * self._line

    def _places(self) -> list[tuple[float, float]]:
        """Left and top of each entry, from the strip's own corner."""
        places = []
        x, y = self.em, 0.0
        for text, colour in self.entries:
            width = self._font.getlength(text) + (0 if colour is None else 1.5 * self._patch)
            if x > self.em and x + width + self.em > self.width:
                x, y = self.em, y + 1.25 * self._line
            places.append((x, y))
            x += width + 1.4 * self.em
        return places


def legend(image: RecognizedImage, width: float, em: float) -> Legend:
    """The legend of a picture."""
    counts = Counter(face.status for face in image.faces)
    statuses = tuple(
        (f"{counts[status]} {WORDS[status]}", COLOURS[status]) for status in Status if counts[status]
    )
    return Legend(
        entries=(
            *(statuses or (("no face found", None),)),
            (f"named up to distance {image.match_threshold:.2f}", None),
            (f"face score from {image.detection_threshold:.2f}", None),
            (image.model, None),
        ),
        width=width,
        em=em,
    )
