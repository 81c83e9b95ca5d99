"""Rectangles of a picture, one by one and many at a time; pixels, x to the right and y down.

Many at a time are an array whose last axis holds x_min, y_min, x_max, y_max; functions of two such arrays
broadcast over the other axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from facevec.types import Box

Rects: TypeAlias = npt.NDArray[np.float64]
Numbers: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rect(Box):
    """A rectangle that may reach beyond the picture, and how it lies to others."""

    def grown(self, aside: float, up: float, down: float) -> Rect:
        """This rectangle with its sides moved outwards."""
        return Rect(self.x_min - aside, self.y_min - up, self.x_max + aside, self.y_max + down)


def many(rects: Sequence[Rect]) -> Rects:
    """As an array, (n, 4)."""
    return np.array([astuple(rect) for rect in rects], np.float64).reshape(-1, 4)


def one(rect: Rects) -> Rect:
    """An array of shape (4,) as a rectangle."""
    return Rect(*(float(side) for side in rect))


def overlaps(first: Rects, second: Rects) -> Numbers:
    """Shared areas."""
    across = np.minimum(first[..., 2], second[..., 2]) - np.maximum(first[..., 0], second[..., 0])
    down = np.minimum(first[..., 3], second[..., 3]) - np.maximum(first[..., 1], second[..., 1])
    shared: Numbers = np.maximum(across, 0.0) * np.maximum(down, 0.0)
    return shared


def gaps(first: Rects, second: Rects) -> Numbers:
    """Shortest distances; 0 where they touch."""
    across = np.maximum(first[..., 0] - second[..., 2], second[..., 0] - first[..., 2])
    down = np.maximum(first[..., 1] - second[..., 3], second[..., 1] - first[..., 3])
    shortest: Numbers = np.hypot(np.maximum(across, 0.0), np.maximum(down, 0.0))
    return shortest


def lie_inside(rects: Rects, area: Rect) -> Flags:
    """Which of them lie wholly in `area`."""
    x_min, y_min, x_max, y_max = np.moveaxis(rects, -1, 0)
    across: Flags = (x_min >= area.x_min) & (x_max <= area.x_max)
    down: Flags = (y_min >= area.y_min) & (y_max <= area.y_max)
    return across & down


def shifts_into(rects: Rects, area: Rect) -> Numbers:
    """How far each must move across and down to lie in `area`, or as much of it as can, (..., 2)."""
    low, high = np.array([area.x_min, area.y_min]), np.array([area.x_max, area.y_max])
    least, most = rects[..., :2], rects[..., 2:]
    from_below = (least < low) | (most - least > high - low)
    shifts: Numbers = np.where(from_below, low - least, np.minimum(0.0, high - most))
    return shifts


def shifted(rects: Rects, by: Numbers) -> Rects:
    """Moved across and down by `by`, (..., 2)."""
    moved: Rects = rects + np.concatenate([by, by], axis=-1)
    return moved
