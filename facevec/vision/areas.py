"""Mean colours of many rectangles of one picture, from one summed-area table (Crow, 1984)."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from facevec.types import Pixels

Array = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_BAND = 30_000
"""Pixels of the picture that are summed at a time, so that they stay in the processor's cache."""


class AreaTable:
    """Resizes a picture and pieces of it by area, as torch's `interpolate(mode="area")` does.

    Cell i of n covers pixels floor(i * side / n) to ceil((i + 1) * side / n), whole pixels only.
    A pixel has four numbers, the last of which means nothing: so it moves as one.
    """

    def __init__(self, pixels: Pixels) -> None:
        """pixels: (height, width, 3) uint8; at most 8.4 million, for sums to fit 32 bits."""
        self.height, self.width = pixels.shape[:2]
        self._sums = np.asarray(cv2.integral(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)), dtype=np.int32)

    def whole(self, size: tuple[int, int]) -> Array:
        """The picture at `size` (height, width): (height, width, 4) float32, 0 to 255."""
        height, width = size
        (top,), (bottom,) = _cells(np.array([0]), np.array([self.height]), height)
        (left,), (right,) = _cells(np.array([0]), np.array([self.width]), width)
        across = np.repeat(_reciprocal(right - left), 4)
        down = _reciprocal(bottom - top)[:, np.newaxis]
        means = np.empty((height, width, 4), np.float32)
        rows = max(1, _BAND // (self.width + 1))
        for start in range(0, height, rows):
            part = slice(start, start + rows)
            bands = self._sums.take(bottom[part], axis=0)
            bands -= self._sums.take(top[part], axis=0)
            band = _as_items(bands)
            sums = _as_numbers(band.take(right, axis=1))
            sums -= _as_numbers(band.take(left, axis=1))
            flat = means[part].reshape(len(sums), -1)
            np.multiply(sums.reshape(flat.shape), across, out=flat, dtype=np.float32, casting="unsafe")
            flat *= down[part]
        return means

    def touching(self, boxes: Array) -> Array:
        """Those of `boxes` that touch the picture; see `crops`."""
        left, top, right, bottom = self._edges(boxes)
        seen: Array = boxes[(right > left) & (bottom > top)]
        return seen

    def crops(self, boxes: Array, size: int) -> Array:
        """What is in `boxes`, which touch the picture: (n, size, size, 4) float32.

        A box (x_min, y_min, x_max, y_max) counts pixels from one and holds its last, as MTCNN's do.
        """
        left, top, right, bottom = self._edges(boxes)
        up, down = _cells(top, bottom, size)
        before, after = _cells(left, right, size)
        first, last = (rows[:, :, np.newaxis] * (self.width + 1) for rows in (up, down))
        table = _as_items(self._sums).reshape(-1)
        sums = _as_numbers(table.take(last + after[:, np.newaxis]))
        sums -= _as_numbers(table.take(first + after[:, np.newaxis]))
        sums -= _as_numbers(table.take(last + before[:, np.newaxis]))
        sums += _as_numbers(table.take(first + before[:, np.newaxis]))
        means = sums.reshape(len(boxes), size, size * 4).astype(np.float32)
        means *= np.repeat(_reciprocal(after - before), 4, axis=1)[:, np.newaxis]
        means *= _reciprocal(down - up)[:, :, np.newaxis]
        return means.reshape(-1, size, size, 4)

    def _edges(self, boxes: Array) -> tuple[Integers, Integers, Integers, Integers]:
        """First and one-past-last column and row of each box inside the picture: left, top, right, bottom."""
        corners = np.trunc(boxes).astype(np.int64)
        left, top = np.maximum(corners[:, :2].T, 1) - 1
        return left, top, np.minimum(corners[:, 2], self.width), np.minimum(corners[:, 3], self.height)


def _as_items(numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.complex128]:
    """Four numbers of 32 bits as one thing of 128, which NumPy moves at once."""
    return numbers.view(np.complex128)[..., 0]


def _as_numbers(items: npt.NDArray[np.complex128]) -> npt.NDArray[np.int32]:
    return items[..., np.newaxis].view(np.int32)


def _reciprocal(counts: Integers) -> Array:
    return np.float32(1) / counts.astype(np.float32)


def _cells(start: Integers, stop: Integers, count: int) -> tuple[Integers, Integers]:
    """First and one-past-last pixel, each (n, count), of `count` cells that cover each range."""
    index = np.arange(count)
    sides = (stop - start)[:, np.newaxis]
    first = index * sides // count
    last = -(-(index + 1) * sides // count)
    return start[:, np.newaxis] + first, start[:, np.newaxis] + last
