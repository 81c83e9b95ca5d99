"""Where labels go on a picture: geometry only, in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEAD_UP = 0.45
"""A head reaches this share of the face box above it, where the hair is."""
HEAD_ASIDE = 0.2
RANK = 0.1
"""Discomfort of each step down the list of places around a face."""
ON_A_HEAD = 4.0
"""Discomfort of covering as much of a head as the face is large."""
NEARER_TO_ANOTHER = 1.5
"""Discomfort of standing nearer to another face."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of the picture."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        return self.y_max - self.y_min

    def grown(self, aside: float, up: float, down: float) -> Rect:
        """This rectangle with its sides moved outwards."""
        return Rect(self.x_min - aside, self.y_min - up, self.x_max + aside, self.y_max + down)

    def overlap(self, other: Rect) -> float:
        """Shared area."""
        across = min(self.x_max, other.x_max) - max(self.x_min, other.x_min)
        down = min(self.y_max, other.y_max) - max(self.y_min, other.y_min)
        return across * down if across > 0 and down > 0 else 0.0

    def inside(self, other: Rect) -> bool:
        """Whether all of this lies in `other`."""
        return (
            self.x_min >= other.x_min
            and self.y_min >= other.y_min
            and self.x_max <= other.x_max
            and self.y_max <= other.y_max
        )

    def gap(self, other: Rect) -> float:
        """Shortest distance to `other`; 0 where they touch."""
        across = max(self.x_min - other.x_max, other.x_min - self.x_max, 0.0)
        down = max(self.y_min - other.y_max, other.y_min - self.y_max, 0.0)
        return float((across**2 + down**2) ** 0.5)


Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the labels go, in the order of the faces, and how much speaks against it (0 is ideal)."""

    places: tuple[Rect, ...]
    discomfort: float


def place_labels(area: Rect, faces: Sequence[Rect], sizes: Sequence[Size], gap: float) -> Placement | None:
    """One label a face, beside it, inside `area`, on no face and no other label; None if they do not fit.

    The face with the fewest places left chooses first.
    """
    free = {index: _free_places(area, faces, index, size, gap) for index, size in enumerate(sizes)}
    chosen: dict[int, _Place] = {}
    while free:
        index = min(free, key=lambda face: len(free[face]))
        places = free.pop(index)
        if not places:
            return None
        chosen[index] = places[0]
        taken = places[0].rect.grown(gap / 2, gap / 2, gap / 2)
        free = {face: [p for p in left if not p.rect.overlap(taken)] for face, left in free.items()}
    return Placement(
        tuple(chosen[index].rect for index in range(len(faces))),
        sum(place.discomfort for place in chosen.values()),
    )


def place_tags(area: Rect, faces: Sequence[Rect], sizes: Sequence[Size]) -> tuple[Rect, ...]:
    """One small tag a face, at a corner of it; in a crowd the place that covers least."""
    placed: list[Rect] = []
    for face, size in zip(faces, sizes, strict=True):
        places = [_moved_inside(place, area) for place in _corners(face, size)]
        placed.append(min(places, key=lambda place: _covered(place, faces, placed)))
    return tuple(placed)


@dataclass(frozen=True, slots=True)
class _Place:
    rect: Rect
    discomfort: float


def _free_places(area: Rect, faces: Sequence[Rect], own: int, size: Size, gap: float) -> list[_Place]:
    """Places for a label, the least uncomfortable first."""
    rects = (_moved_along(rect, faces[own], area) for rect in _beside(faces[own], size, gap))
    places = [
        _Place(rect, rank * RANK + _discomfort(rect, faces, own))
        for rank, rect in enumerate(rects)
        if rect.inside(area) and not any(rect.overlap(face) for face in faces)
    ]
    return sorted(places, key=lambda place: place.discomfort)


def _discomfort(place: Rect, faces: Sequence[Rect], own: int) -> float:
    """What speaks against a place: hair under it, or a face nearer than the one it names."""
    covered = sum(
        place.overlap(face.grown(HEAD_ASIDE * face.width, HEAD_UP * face.height, 0.0))
        / (face.width * face.height or 1.0)
        for face in faces
    )
    own_gap = place.gap(faces[own])
    nearer = any(place.gap(face) < own_gap for index, face in enumerate(faces) if index != own)
    return ON_A_HEAD * covered + NEARER_TO_ANOTHER * nearer


def _beside(face: Rect, size: Size, gap: float) -> Iterable[Rect]:
    """Places around a face, the best first: below it hides the least of a person."""
    width, height = size
    middle_x = (face.x_min + face.x_max - width) / 2
    middle_y = (face.y_min + face.y_max - height) / 2
    for top in (face.y_max + gap, face.y_min - gap - height):
        for left in (middle_x, face.x_min, face.x_max - width):
            yield Rect(left, top, left + width, top + height)
    for left in (face.x_max + gap, face.x_min - gap - width):
        for top in (middle_y, face.y_max - height, face.y_min):
            yield Rect(left, top, left + width, top + height)


def _corners(face: Rect, size: Size) -> Iterable[Rect]:
    width, height = size
    for top in (face.y_min - height, face.y_max):
        for left in (face.x_min, face.x_max - width):
            yield Rect(left, top, left + width, top + height)
    for left in (face.x_min - width, face.x_max):
        for top in (face.y_min, face.y_max - height):
            yield Rect(left, top, left + width, top + height)


def _covered(place: Rect, faces: Sequence[Rect], tags: Sequence[Rect]) -> float:
    return sum(place.overlap(face) for face in faces) + 4 * sum(place.overlap(tag) for tag in tags)


def _moved_along(place: Rect, face: Rect, area: Rect) -> Rect:
    """`place` slid into `area` along the side of the face that it stands at."""
    beside = place.x_min >= face.x_max or place.x_max <= face.x_min
    across = 0.0 if beside else _shift(place.x_min, place.x_max, area.x_min, area.x_max)
    down = _shift(place.y_min, place.y_max, area.y_min, area.y_max) if beside else 0.0
    return _shifted(place, across, down)


def _moved_inside(place: Rect, area: Rect) -> Rect:
    return _shifted(
        place,
        _shift(place.x_min, place.x_max, area.x_min, area.x_max),
        _shift(place.y_min, place.y_max, area.y_min, area.y_max),
    )


def _shifted(place: Rect, across: float, down: float) -> Rect:
    return Rect(place.x_min + across, place.y_min + down, place.x_max + across, place.y_max + down)


def _shift(low: float, high: float, least: float, most: float) -> float:
    if low < least or high - low > most - least:
        return least - low
    return min(0.0, most - high)
