"""P-Net on a level of the pyramid: in full, or in few bits first.

What it refuses plainly in 8-bit numbers is not computed in full. The other cells are, and only those numbers
count. So it proposes the same but for rounding, and but for what is off by more than `MARGIN` in few bits.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from facevec.vision.engines.base import Bytes, Network
from facevec.vision.networks.mtcnn import CELL, CELLS_AT_ONCE, STRIDE

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

MARGIN = 1.25
"""By so much the odds, as a logarithm, of a cell that counts may be too low in few bits. Of 105,925
that count one was too low by 1.07, the next by 0.87 (ADR 39)."""

_SMALLEST = 40_000
"""Pixels of a level; of a smaller one few bits save nothing."""

_MOST = 1 / 12
"""Of a level's cells; one by one they take so many times what they take all together."""

_MOST_CUT = 32
"""Cells that a border cuts, each of which is a run of the network: a line of stripes along it makes 480."""


class CellLook(Protocol):
    """P-Net on one level."""

    def cells(self, level: Array, odds: float) -> tuple[Indices, Indices, Array]:
        """Rows and columns of the cells whose odds, as a logarithm, are at least `odds`, in reading order;
        (n, 5) what P-Net says of each.

        level: (height, width, 4) float32, 0 to 255.
        """
        ...


class FullLook:
    """All cells in full."""

    def __init__(self, pnet: Network) -> None:
        self._pnet = pnet

    def cells(self, level: Array, odds: float) -> tuple[Indices, Indices, Array]:
        answers = self._pnet.run(level[np.newaxis])[0][0]
        rows, columns = np.nonzero(answers[0] >= odds)
        return rows, columns, answers[:, rows, columns].T


class ScreenedLook:
    """All cells in few bits; those that may count in full.

    few_bits, side_by_side: P-Net of `few_bits_spec` and of `cells_spec`.
    """

    def __init__(self, few_bits: Network, side_by_side: Network, pnet: Network) -> None:
        self._few_bits = few_bits
        self._side_by_side = side_by_side
        self._pnet = pnet
        self._full = FullLook(pnet)

    def cells(self, level: Array, odds: float) -> tuple[Indices, Indices, Array]:
        height, width = level.shape[:2]
        if height * width < _SMALLEST:
            return self._full.cells(level, odds)
        about = self._few_bits.run(_as_bytes(level)[np.newaxis])[0][0, 0]
        rows, columns = np.nonzero(about >= odds - MARGIN)
        tops, lefts = STRIDE * rows, STRIDE * columns
        is_whole = (tops + CELL <= height) & (lefts + CELL <= width)
        if len(rows) > _MOST * about.size or np.count_nonzero(~is_whole) > _MOST_CUT:
            return self._full.cells(level, odds)
        answers = self._answers(level, tops, lefts, is_whole)
        passed = np.flatnonzero(answers[:, 0] >= odds)
        return rows[passed], columns[passed], answers[passed]

    def _answers(self, level: Array, tops: Indices, lefts: Indices, is_whole: npt.NDArray[np.bool_]) -> Array:
        """(n, 5) what P-Net says of the cells that begin there."""
        answers = np.empty((len(tops), 5), np.float32)
        whole = np.flatnonzero(is_whole)
        for start in range(0, len(whole), CELLS_AT_ONCE):
            part = whole[start : start + CELLS_AT_ONCE]
            cells = _side_by_side(level, tops[part], lefts[part])
            answers[part] = self._side_by_side.run(cells)[0][0, :, 0, : len(part)].T
        for place in np.flatnonzero(~is_whole):  # of a side of odd length the last cell lacks a pixel
            top, left = tops[place], lefts[place]
            cell = level[np.newaxis, top : top + CELL, left : left + CELL]
            answers[place] = self._pnet.run(cell)[0][0, :, 0, 0]
        return answers


def _as_bytes(level: Array) -> Bytes:
    """Rounded."""
    numbers = cv2.convertScaleAbs(level.reshape(len(level), -1))
    return np.asarray(numbers, np.uint8).reshape(level.shape)


def _side_by_side(level: Array, tops: Indices, lefts: Indices) -> Array:
    """(1, 12, 12 * `CELLS_AT_ONCE`, 4): the cells that begin there, the first also in the places left."""
    corners = tops * level.shape[1] + lefts
    corners = np.concatenate([corners, np.repeat(corners[:1], CELLS_AT_ONCE - len(corners))])
    side = np.arange(CELL)
    places = (side * level.shape[1])[:, np.newaxis, np.newaxis] + corners[:, np.newaxis] + side
    pixels = level.view(np.complex128).reshape(-1)  # four numbers as one, which NumPy moves at once
    cells: Array = pixels.take(places.reshape(1, CELL, -1))[..., np.newaxis].view(np.float32)
    return cells
