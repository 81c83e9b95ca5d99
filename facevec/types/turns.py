"""Quarter turns of a picture, and where a face lies once they are undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from facevec.types.lazy_numpy import np
from facevec.types.pictures import Box, Face, Image, Landmarks, Point


class Turn(Enum):
    """Degrees, clockwise."""

    NONE = 0
    RIGHT = 90
    UPSIDE_DOWN = 180
    LEFT = 270

    @property
    def quarters(self) -> int:
        """How many quarter turns it is."""
        return self.value // 90

    def applied(self, image: Image) -> Image:
        """`image` turned so."""
        return _turned(image, -self.quarters)

    def undone(self, image: Image) -> Image:
        """`image`, which was turned so, as it was before."""
        return _turned(image, self.quarters)

    def in_original(self, face: Face, turned: Image) -> Face:
        """`face` of the picture `turned`, where it lies in the picture before it was turned."""
        if self is Turn.NONE:
            return face
        back = self._back(turned.width, turned.height)
        corners = back((face.box.x_min, face.box.y_min)), back((face.box.x_max, face.box.y_max))
        (left, right), (top, bottom) = (sorted(edges) for edges in zip(*corners, strict=True))
        return replace(
            face,
            box=Box(left, top, right, bottom),
            landmarks=Landmarks(*(back(point) for point in face.landmarks.points())),
        )

    def _back(self, width: int, height: int) -> Callable[[Point], Point]:
        """From a point of the turned picture, of this size, to the same before."""
        if self is Turn.RIGHT:
            return lambda point: (point[1], width - point[0])
        if self is Turn.UPSIDE_DOWN:
            return lambda point: (width - point[0], height - point[1])
        return lambda point: (height - point[1], point[0])


TURNS = (Turn.RIGHT, Turn.LEFT, Turn.UPSIDE_DOWN)
"""All that change something."""


def _turned(image: Image, quarters: int) -> Image:
    """By so many quarter turns, counterclockwise."""
    if quarters == 0:
        return image
    turned = np.rot90(image.pixels, quarters)
    pixels = np.empty_like(turned, order="C")
    for colour in range(pixels.shape[2]):  # three bytes together are moved slower
        pixels[..., colour] = turned[..., colour]
    return Image(pixels)
