"""The MTCNN cascade in NumPy and OpenCV around three networks (Zhang et al., 2016).

Follows `detect_face` of facenet-pytorch 2.5.3 step by step, and a test holds it to that. Two
things differ: areas are averaged from one summed-area table instead of pooled piece by piece,
which gives the same numbers in a fraction of the time, and the number of candidates is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.types import Pixels
from facevec.vision.areas import AreaTable
from facevec.vision.engines.base import Network
from facevec.vision.hands import Hands
from facevec.vision.networks.mtcnn import CELL, STRIDE
from facevec.vision.screening import CellLook
from facevec.vision.suppression import suppress, suppress_nested

Array = npt.NDArray[np.float32]

MIN_FACE = 20
"""Smallest side of a face that is looked for, pixels."""

THRESHOLDS = (0.6, 0.7, 0.7)
"""Smallest score after each network."""

PYRAMID_FACTOR = 0.709
"""From one scale to the next: about 1 / sqrt(2), half the area."""

MAX_CANDIDATES = 2000
"""Best candidates of a picture that go on to the second network."""

_CHUNK_PIXELS = 73_728
_ODDS = math.log(THRESHOLDS[0] / (1 - THRESHOLDS[0]))
_LANDMARKS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """boxes (n, 4) x_min, y_min, x_max, y_max, which may leave the picture; scores (n,); points (n, 5, 2)."""

    boxes: Array
    scores: Array
    points: Array


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """boxes (n, 4): squares, best first, which may leave the picture; table: of that picture."""

    table: AreaTable
    boxes: Array


class Cascade:
    """P-Net proposes on a pyramid, R-Net refuses most of it, O-Net decides and places landmarks."""

    def __init__(self, pnet: CellLook, rnet: Network, onet: Network, hands: Hands) -> None:
        self._pnet = pnet
        self._rnet = rnet
        self._onet = onet
        self._hands = hands

    def propose(self, pixels: Pixels, smallest: float = MIN_FACE) -> Proposals:
        """Where faces may be in (height, width, 3) uint8 RGB; those smaller may be missed."""
        table = AreaTable(pixels)
        return Proposals(table, self._propose(table, pyramid(table.height, table.width, smallest)))

    def judge(self, proposals: Proposals) -> Detections:
        """The faces among them, best score first."""
        table = proposals.table
        return self._decide(table, self._refine(table, proposals.boxes))

    def _propose(self, table: AreaTable, scales: Iterable[float]) -> Array:
        proposals = self._hands.each(lambda scale: self._propose_at(table, scale), scales)
        if not proposals:
            return np.empty((0, 4), np.float32)
        cells, scores, shifts = (np.concatenate(parts) for parts in zip(*proposals, strict=True))
        kept = suppress(cells, scores, 0.7)[:MAX_CANDIDATES]
        cells, shifts = cells[kept], shifts[kept]
        sides = cells[:, 2:] - cells[:, :2]
        return square(cells + shifts * np.tile(sides, 2))

    def _propose_at(self, table: AreaTable, scale: float) -> tuple[Array, Array, Array]:
        """(cells, scores, shifts) of one scale: where P-Net looked, how sure it is, how it would move."""
        size = int(table.height * scale + 1), int(table.width * scale + 1)
        rows, columns, answers = self._pnet.cells(table.whole(size), _ODDS)
        corners = np.stack([columns, rows], axis=1).astype(np.float32) * STRIDE
        cells = np.floor(np.concatenate([corners + 1, corners + CELL], axis=1) / np.float32(scale))
        scores = probability(answers[:, 0])
        kept = suppress(cells, scores, 0.5)[:MAX_CANDIDATES]
        return cells[kept], scores[kept], answers[kept, 1:]

    def _refine(self, table: AreaTable, boxes: Array) -> Array:
        boxes, answers = self._answers(self._rnet, table, boxes, 24)
        if not len(boxes):
            return boxes
        scores, shifts = probability(answers[:, 0]), answers[:, 1:]
        passed = np.flatnonzero(scores > THRESHOLDS[1])
        kept = passed[suppress(boxes[passed], scores[passed], 0.7)]
        return square(moved(boxes[kept], shifts[kept]))

    def _decide(self, table: AreaTable, boxes: Array) -> Detections:
        boxes, answers = self._answers(self._onet, table, boxes, 48)
        if not len(boxes):
            return Detections(boxes, np.empty(0, np.float32), np.empty((0, _LANDMARKS, 2), np.float32))
        scores, shifts, marks = probability(answers[:, 0]), answers[:, 1:5], answers[:, 5:]
        passed = np.flatnonzero(scores > THRESHOLDS[2])
        boxes, scores = boxes[passed], scores[passed]
        points = marks[passed].reshape(-1, 2, _LANDMARKS).transpose(0, 2, 1)
        sides = boxes[:, 2:] - boxes[:, :2] + 1
        points = points * sides[:, np.newaxis] + boxes[:, np.newaxis, :2] - 1
        boxes = moved(boxes, shifts[passed])
        kept = suppress_nested(boxes, scores, 0.7)
        return Detections(boxes[kept], scores[kept], points[kept])

    def _answers(self, network: Network, table: AreaTable, boxes: Array, side: int) -> tuple[Array, Array]:
        """Those of `boxes` that touch the picture, and what the network says of each."""
        boxes = table.touching(boxes)
        parts = self._hands.each(
            lambda part: network.run(table.crops(part, side))[0], _shared(boxes, side, self._hands.count)
        )
        return boxes, np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def pyramid(height: int, width: int, smallest: float = MIN_FACE) -> Iterator[float]:
    """The scales at which faces from `MIN_FACE` pixels to the whole picture fill P-Net's cell.

    Without those, at the fine end, whose next shows faces of `smallest` pixels too.
    """
    scale = CELL / MIN_FACE
    side = min(height, width) * scale
    while side >= CELL:
        if scale * PYRAMID_FACTOR * smallest < CELL:
            yield scale
        scale *= PYRAMID_FACTOR
        side *= PYRAMID_FACTOR


def _shared(boxes: Array, side: int, hands: int) -> list[Array]:
    """`boxes` in equal parts, as many for each hand, whose pixels stay in the processor's cache."""
    if not len(boxes):
        return []
    rounds = math.ceil(len(boxes) / (max(1, _CHUNK_PIXELS // side**2) * hands))
    return np.array_split(boxes, min(rounds * hands, len(boxes)))


def probability(odds: Array) -> Array:
    """0 to 1, of the logarithm of the odds."""
    shares: Array = np.reciprocal(1 + np.exp(-odds))
    return shares


def moved(boxes: Array, shifts: Array) -> Array:
    """Boxes with each edge moved by its share of the side; a box holds its last pixel (hence + 1)."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    return boxes + shifts * np.tile(sides, 2)


def square(boxes: Array) -> Array:
    """Boxes grown round their centres to the longer side."""
    sides = boxes[:, 2:] - boxes[:, :2]
    longer = sides.max(axis=1, keepdims=True)
    corners = boxes[:, :2] + sides * 0.5 - longer * 0.5
    return np.concatenate([corners, corners + longer], axis=1)
