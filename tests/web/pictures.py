"""Pictures of drawn people, and settings under which such people are told apart.

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


@cache
def crowd(*rows: tuple[int, ...]) -> bytes:
    """Drawn people in rows below each other, as a JPEG."""
    from PIL import Image

    lines = [row([draw(person(who), size=200, seed=50) for who in people]) for people in rows]
    together = Image.new("RGB", (lines[0].width, sum(line.height for line in lines)))
    for number, line in enumerate(lines):
        together.paste(line, (0, number * lines[0].height))
    return encoded(together, "JPEG")
