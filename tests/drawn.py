"""Pictures of drawn people, and settings under which the real networks tell them apart.

Drawings resemble each other more than people do: the thresholds are tightened to match.
"""

from __future__ import annotations

from functools import cache

from tests.portraits import draw, encoded, person, row

FLAGS = {
    "match.threshold": "0.22",
    "match.min_margin": "0.02",
    "match.verify_threshold": "0.23",
    "enrolment.same_person_threshold": "0.22",
    "enrolment.other_person_threshold": "0.22",
}


@cache
def portrait(who: int, shot: int = 0) -> bytes:
    """Shot number `shot` of drawn person `who`, as a PNG."""
    return encoded(draw(person(who), seed=shot))


@cache
def group(*people: int) -> bytes:
    """Drawn people side by side, as a JPEG."""
    return encoded(row([draw(person(who), seed=50) for who in people]), "JPEG")


@cache
def nobody() -> bytes:
    """A picture without a face."""
    from PIL import Image

    return encoded(Image.new("RGB", (320, 240), (90, 140, 90)))
