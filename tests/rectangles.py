"""What tests ask of rectangles."""

from __future__ import annotations

from facevec.presentation.rectangles import Rect, lie_inside, many, overlaps


def share(one: Rect, other: Rect) -> bool:
    """Whether some area is in both."""
    return bool(overlaps(many([one]), many([other]))[0] > 0)


def inside(one: Rect, other: Rect) -> bool:
    """Whether all of `one` lies in `other`."""
    return bool(lie_inside(many([one]), other)[0])
