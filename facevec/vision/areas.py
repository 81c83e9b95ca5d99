"""Mean colours of many rectangles of one picture, from one summed-area table (Crow, 1984)."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facevec.types import Pixels

Array = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class AreaTable:
    """Resizes a picture and pieces of it by area, as torch's `interpolate(mode="area")` does.

    Cell i of n covers pixels floor(i * side / n) to ceil((i + 1) * side / n), whole pixels only.
    """

    def __init__(self, pixels: Pixels) -> None:
        """pixels: (height, width, 3) uint8; at most 8.4 million, for sums to fit 32 bits."""
        self.height, self.width = pixels.shape[:2]
        self._sums = cv2.integral(pixels)

    def whole(self, size: tuple[int, int]) -> Array:
        """The picture at `size` (height, width): (height, width, 3) float32, 0 to 255."""
        top, bottom = _cells(np.array([0]), np.array([self.height]), size[0])
        left, right = _cells(np.array([0]), np.array([self.width]), size[1])
        bands = self._sums[bottom[0]] - self._sums[top[0]]
        sums = bands[:, right[0]] - bands[:, left[0]]
        areas = np.outer(bottom - top, right - left)
        means: Array = (sums / areas[..., np.newaxis]).astype(np.float32)
        return means

    def crops(self, boxes: Array, size: int) -> tuple[Array, Array]:
        """Those of `boxes` that touch the picture, and what is in them, (n, size, size, 3) float32.

        A box (x_min, y_min, x_max, y_max) counts pixels from one and holds its last, as MTCNN's do.
        """
        corners = np.trunc(boxes).astype(np.int64)
        left, top = np.maximum(corners[:, :2].T, 1) - 1
        right, bottom = np.minimum(corners[:, 2], self.width), np.minimum(corners[:, 3], self.height)
        seen = np.flatnonzero((right > left) & (bottom > top))
        up, down = _cells(top[seen], bottom[seen], size)
        before, after = _cells(left[seen], right[seen], size)
        rows, columns = np.stack([up, down])[..., np.newaxis], np.stack([before, after])[:, :, np.newaxis]
        table = self._sums
        sums = (
            table[rows[1], columns[1]]
            - table[rows[0], columns[1]]
            - table[rows[1], columns[0]]
            + table[rows[0], columns[0]]
        )
        areas = (rows[1] - rows[0]) * (columns[1] - columns[0])
        return boxes[seen], (sums / areas[..., np.newaxis]).astype(np.float32)


def _cells(start: Integers, stop: Integers, count: int) -> tuple[Integers, Integers]:
    """First and one-past-last pixel, each (n, count), of `count` cells that cover each range."""
    index = np.arange(count)
    sides = (stop - start)[:, np.newaxis]
    first = index * sides // count
    last = -(-(index + 1) * sides // count)
    return start[:, np.newaxis] + first, start[:, np.newaxis] + last
