"""Where labels go around the faces of a picture, wherever it is shown: on the annotated file, on the page.

Every label stands beside its face, on no face and on no other label; where they cannot all, all are
written more briefly, and at last each face carries its number alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.presentation.rectangles import (
    Flags,
    Numbers,
    Rect,
    Rects,
    gaps,
    lie_inside,
    many,
    one,
    overlaps,
    shifted,
    shifts_into,
)

HEAD_UP = 0.45
"""A head reaches this share of the face box above it, where the hair is."""
HEAD_ASIDE = 0.2
RANK = 0.1
"""Discomfort of each step down the list of places around a face."""
ON_A_HEAD = 4.0
"""Discomfort of covering as much of a head as the face is large."""
NEARER_TO_ANOTHER = 1.5
"""Discomfort of standing nearer to another face."""
ON_ANOTHER_FACE = 2.0
"""How much worse it is to cover another face than the own one, where a number must cover some."""
ON_A_TAG = 10.0
"""How much worse it is to cover another number than the own face."""

Size = tuple[float, float]
"""Width and height."""


@dataclass(frozen=True, slots=True)
class Style:
    """A way to write the labels: their sizes in the order of the faces, and how far they stand from a face
    and from the border. discomfort: what speaks against it, to weigh against that of places."""

    sizes: Sequence[Size]
    gap: float
    margin: float
    discomfort: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Where the labels go, in the order of the faces. style: the one they are in; None is numbers."""

    style: int | None
    places: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the labels go, in the order of the faces, and how much speaks against it (0 is ideal)."""

    places: tuple[Rect, ...]
    discomfort: float


def arrange(area: Rect, faces: Sequence[Rect], styles: Sequence[Style], numbers: Style) -> Arrangement:
    """The style of labels that stands best; where none fits, `numbers`, how they are written."""
    arrangements: list[tuple[float, Arrangement]] = []
    for index, style in enumerate(styles):
        placement = place_labels(_within(area, style), faces, style.sizes, style.gap)
        if placement is not None:
            discomfort = placement.discomfort + style.discomfort
            arrangements.append((discomfort, Arrangement(index, placement.places)))
    if arrangements:
        return min(arrangements, key=lambda weighed: weighed[0])[1]
    return Arrangement(None, place_tags(_within(area, numbers), faces, numbers.sizes, numbers.gap))


def place_labels(area: Rect, faces: Sequence[Rect], sizes: Sequence[Size], gap: float) -> Placement | None:
    """One label a face, beside it, inside `area`, on no face and no other label; None if they do not fit.

    The face with the fewest places left chooses first.
    """
    boxes = many(faces)
    places = _slid(_beside(boxes, _array(sizes), gap), boxes, area)
    open_ = _open(places, boxes, area)
    discomfort = _discomfort(places, boxes)
    chosen = np.full(len(boxes), -1)
    while (face := _next_to_choose(open_, chosen)) is not None:
        if not open_[face].any():
            return None
        chosen[face] = np.where(open_[face], discomfort[face], np.inf).argmin()
        open_ &= ~_touched(places, places[face, chosen[face]], gap / 2)
    each = np.arange(len(boxes))
    return Placement(_rects(places[each, chosen]), float(discomfort[each, chosen].sum()))


def place_alone(area: Rect, faces: Sequence[Rect], sizes: Sequence[Size], gap: float) -> tuple[Rect, ...]:
    """Where each face's label goes while it is the only one: on no face, or where it covers least."""
    boxes = many(faces)
    places = _slid(_beside(boxes, _array(sizes), gap), boxes, area)
    open_ = _open(places, boxes, area)
    places = shifted(places, shifts_into(places, area))
    crowded = ~open_.any(axis=1, keepdims=True)
    weights = np.where(crowded, _covered(places, boxes), np.where(open_, _discomfort(places, boxes), np.inf))
    return _rects(places[np.arange(len(boxes)), weights.argmin(axis=1)])


def place_tags(
    area: Rect, faces: Sequence[Rect], sizes: Sequence[Size], gap: float = 0.0
) -> tuple[Rect, ...]:
    """One small tag a face, close to it, inside `area`; in a crowd the place that covers least.

    The face with the fewest places left chooses first.
    """
    boxes = many(faces)
    places = _around(boxes, _array(sizes), gap)
    places = shifted(places, shifts_into(places, area))
    open_ = _open(places, boxes, area)
    covered = _covered(places, boxes)
    chosen = np.full(len(boxes), -1)
    while (face := _next_to_choose(open_, chosen)) is not None:
        chosen[face] = open_[face].argmax() if open_[face].any() else covered[face].argmin()
        tag = places[face, chosen[face]]
        open_ &= ~_touched(places, tag, gap / 2)
        covered += ON_A_TAG * overlaps(places, tag)
    return _rects(places[np.arange(len(boxes)), chosen])


def _within(area: Rect, style: Style) -> Rect:
    return area.grown(-style.margin, -style.margin, -style.margin)


def _beside(boxes: Rects, sizes: Numbers, gap: float) -> Rects:
    """Places around each face, the best first: below it hides the least of a person. (n, 12, 4)."""
    x_min, y_min, x_max, y_max = boxes.T
    width, height = sizes.T
    lefts = ((x_min + x_max - width) / 2, x_min, x_max - width)
    tops = ((y_min + y_max - height) / 2, y_max - height, y_min)
    corners = [(left, top) for top in (y_max + gap, y_min - gap - height) for left in lefts]
    corners += [(left, top) for left in (x_max + gap, x_min - gap - width) for top in tops]
    return _from_corners(corners, sizes)


def _around(boxes: Rects, sizes: Numbers, gap: float) -> Rects:
    """Places for a small tag: at the corners of each face, between them, and at last in it. (n, 16, 4)."""
    x_min, y_min, x_max, y_max = boxes.T
    width, height = sizes.T
    lefts = (x_min, x_max - width, (x_min + x_max - width) / 2)
    tops = (y_min, y_max - height, (y_min + y_max - height) / 2)
    corners = [(left, top) for top in (y_min - gap - height, y_max + gap) for left in lefts]
    corners += [(left, top) for left in (x_min - gap - width, x_max + gap) for top in tops]
    corners += [(left, top) for top in tops[:2] for left in lefts[:2]]
    return _from_corners(corners, sizes)


def _from_corners(corners: Sequence[tuple[Numbers, Numbers]], sizes: Numbers) -> Rects:
    """Rectangles of `sizes` with these left and top sides, one for each face in each pair."""
    least = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)
    return np.concatenate([least, least + sizes[:, None]], axis=-1)


def _slid(places: Rects, boxes: Rects, area: Rect) -> Rects:
    """Each moved into `area` along the side of its face that it stands at."""
    beside = (places[..., 0] >= boxes[:, None, 2]) | (places[..., 2] <= boxes[:, None, 0])
    along = np.stack([~beside, beside], axis=-1)
    return shifted(places, np.where(along, shifts_into(places, area), 0.0))


def _open(places: Rects, boxes: Rects, area: Rect) -> Flags:
    """Which places are in `area` and on no face, (n, k)."""
    clear = lie_inside(places, area)
    for own, around in enumerate(places):
        clear[own] &= ~(overlaps(around[:, None], boxes) > 0).any(axis=1)
    return clear


def _next_to_choose(open_: Flags, chosen: npt.NDArray[np.int_]) -> int | None:
    """The face with the fewest open places of those that have not chosen (-1); None when all have."""
    if (chosen >= 0).all():
        return None
    return int(np.where(chosen < 0, open_.sum(axis=1), open_.shape[1] + 1).argmin())


def _touched(places: Rects, label: Rects, margin: float) -> Flags:
    """Which places a label with a margin around it lies on."""
    touched: Flags = overlaps(places, label + margin * np.array([-1, -1, 1, 1])) > 0
    return touched


def _discomfort(places: Rects, boxes: Rects) -> Numbers:
    """What speaks against each place, (n, k): its rank, hair under it, another face being nearer."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    zero = np.zeros(len(boxes))
    heads = boxes + np.stack([-HEAD_ASIDE * width, -HEAD_UP * height, HEAD_ASIDE * width, zero], axis=-1)
    area = np.where(width * height > 0, width * height, 1.0)
    against = np.empty(places.shape[:2])
    for own, around in enumerate(places):
        on_heads = (overlaps(around[:, None], heads) / area).sum(axis=1)
        far = gaps(around[:, None], boxes)
        nearer = (far < far[:, own : own + 1]).any(axis=1)
        against[own] = ON_A_HEAD * on_heads + NEARER_TO_ANOTHER * nearer
    return against + RANK * np.arange(places.shape[1])


def _covered(places: Rects, boxes: Rects) -> Numbers:
    """How much of the faces each place covers, (n, k); its own face counts less."""
    covered = np.empty(places.shape[:2])
    for own, around in enumerate(places):
        shared = overlaps(around[:, None], boxes)
        covered[own] = ON_ANOTHER_FACE * shared.sum(axis=1) - (ON_ANOTHER_FACE - 1) * shared[:, own]
    return covered


def _array(sizes: Sequence[Size]) -> Numbers:
    return np.array(sizes, np.float64).reshape(-1, 2)


def _rects(places: Rects) -> tuple[Rect, ...]:
    return tuple(one(place) for place in places)
