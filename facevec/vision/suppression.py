"""Non-maximum suppression: of boxes that show the same thing only the best is kept."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def suppress(boxes: Array, scores: Array, limit: float) -> Indices:
    """Indices kept, best first: none overlaps a better one by more than `limit` of their union.

    boxes: (n, 4) x_min, y_min, x_max, y_max; scores: (n,), above zero.
    """
    corners_and_sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(corners_and_sides.astype(np.float64), scores, 0.0, limit)  # type: ignore[arg-type]  # takes arrays
    return np.asarray(kept, dtype=np.int64)


def suppress_nested(boxes: Array, scores: Array, limit: float) -> Indices:
    """As `suppress`, but the overlap is measured against the smaller box: a box within a box goes.

    Sides count the last pixel, as in the original MTCNN.
    """
    order = np.argsort(scores, kind="stable")[::-1]  # of equal scores the last, as in facenet-pytorch
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    areas = sides[:, 0] * sides[:, 1]
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        low = np.maximum(boxes[order, :2], boxes[best, :2])
        high = np.minimum(boxes[order, 2:], boxes[best, 2:])
        common = np.maximum(high - low + 1, 0).prod(axis=1)
        order = order[common <= limit * np.minimum(areas[order], areas[best])]
    return np.array(kept, dtype=np.int64)
