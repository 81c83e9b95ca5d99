"""Which way up a picture shows somebody, at a glance, where it shows nobody as it lies.

P-Net hardly minds how a face lies: of 501 faces on their side or head all but two were among what it
proposed, nine of ten among its best seven. So it need not look at the turns: what it proposed in the picture
as it lies is turned, and the three networks judge that.

That is true of photos in colours. In grey ones, and in dark ones, it is less sure of a face on its side, and
proposes little: of 134 grey pictures 23 were missed. So these are looked at in every turn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facevec.types import TURNS, Turn
from facevec.vision.areas import AreaTable
from facevec.vision.engines.base import Network
from facevec.vision.hands import Hands
from facevec.vision.mtcnn import THRESHOLDS, Proposals, moved, probability, square
from facevec.vision.networks.mtcnn import CELL, STRIDE

Array = npt.NDArray[np.float32]

PROMINENT = 0.04
"""Least side of what may turn a picture, as a share of its shorter side: who lies in it is no speck."""

PALE = 12
"""Mean difference between the colours of a pale picture, at most, of 255."""

CANDIDATES, SEMIFINALISTS, FINALISTS = 96, 12, 4
"""So many of those, the best, P-Net judges in each turn; of them R-Net; of them O-Net.

They may well be of one face: each is another chance to frame it well.
"""

LIKELY = 0.993
"""Least score of a face whose turn is worth a whole look, which costs as much as the picture as it lies.

Of 452 pictures without faces none scores it, and of 3,126 upright photos of lfw-dev two do. Of 1,048 turned
pictures six are missed by a glance; at 0.9 it were two, and six of the 452 would be looked at twice.
"""


class Glance:
    """Judges proposals in the other turns, by the networks of the cascade."""

    def __init__(self, pnet: Network, rnet: Network, onet: Network, hands: Hands) -> None:
        self._pnet = pnet
        self._rnet = rnet
        self._onet = onet
        self._hands = hands

    def turn(self, proposals: Proposals) -> Turn:
        """The turn that shows the surest face; NONE where none is likely to show one."""
        table = proposals.table
        boxes = prominent(table, proposals.boxes)[:CANDIDATES]
        if not len(boxes):
            return Turn.NONE
        cells = table.crops(boxes, CELL)
        scores = self._hands.each(lambda turn: self._surest(table, boxes, cells, turn), TURNS)
        return likely(scores)

    def _surest(self, table: AreaTable, boxes: Array, cells: Array, turn: Turn) -> float:
        """The best score of O-Net in the picture turned so. cells: P-Net's of `boxes`, as it lies."""
        boxes = boxes[np.argsort(-self._odds(_turned(cells, turn)))[:SEMIFINALISTS]]
        (answers,) = self._rnet.run(_turned(table.crops(boxes, 24), turn))
        scores = probability(answers[:, 0])
        best = np.argsort(-scores)[:FINALISTS]
        kept = best[scores[best] > THRESHOLDS[1]]
        finalists = table.touching(square(moved(boxes[kept], as_it_lies(answers[kept, 1:], turn))))
        if not len(finalists):
            return 0.0
        (answers,) = self._onet.run(_turned(table.crops(finalists, 48), turn))
        return float(probability(answers[:, 0]).max())

    def _odds(self, cells: Array) -> Array:
        """(n,) by P-Net, as logarithms. cells: at most `CANDIDATES`.

        They lie side by side, always as many, since P-Net runs slower on a size that is new to it; what it
        says of the places between them is left out.
        """
        row = np.zeros((CELL, CANDIDATES, CELL, 4), np.float32)
        row[:, : len(cells)] = cells.swapaxes(0, 1)
        (answers,) = self._pnet.run(row.reshape(1, CELL, -1, 4))
        odds: Array = answers[0, 0, 0, :: CELL // STRIDE]
        return odds[: len(cells)]


def is_pale(table: AreaTable) -> bool:
    """Whether its picture is grey, or dark."""
    colours = table.whole((CELL, CELL))[..., :3]
    return bool(np.ptp(colours, axis=2).mean() <= PALE)


def likely(scores: Sequence[float]) -> Turn:
    """Of `TURNS`, whose best scores these are, the one that is worth a whole look; NONE where none is."""
    best = int(np.argmax(scores))
    return TURNS[best] if scores[best] >= LIKELY else Turn.NONE


def smallest(height: int, width: int) -> float:
    """Least side of what may turn a picture of this size, pixels."""
    return PROMINENT * min(height, width)


def prominent(table: AreaTable, boxes: Array) -> Array:
    """Those of `boxes`, which are square, that are large beside the picture, and touch it."""
    sides = boxes[:, 2] - boxes[:, 0]
    return table.touching(boxes[sides >= smallest(table.height, table.width)])


def as_it_lies(shifts: Array, turn: Turn) -> Array:
    """Shifts of the edges of boxes, (n, 4) left, top, right, bottom, as they are once `turn` is undone."""
    for _ in range(turn.quarters):
        shifts = shifts[:, (1, 2, 3, 0)] * np.array([1, -1, 1, -1], np.float32)
    return shifts


def _turned(crops: Array, turn: Turn) -> Array:
    return np.ascontiguousarray(np.rot90(crops, -turn.quarters, axes=(1, 2)))
