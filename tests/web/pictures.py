"""Toy pictures as the service is sent them, and settings under which it decides."""

from __future__ import annotations

from tests.toy import Someone, picture
from tests.toy.pictures import picture_of_rows

FLAGS = {"match.threshold": "0.9", "match.min_margin": "0.02", "match.verify_threshold": "0.92"}

SIDE = 160
"""Of a face; the picture of one is twice as wide."""


def portrait(who: int, shot: int = 0) -> bytes:
    """Shot number `shot` of toy person `who`."""
    return picture(Someone(who, shot, SIDE))


def group(*people: int) -> bytes:
    """Toy people side by side."""
    return picture(*(Someone(who, 50, SIDE) for who in people))


def crowd(*rows: tuple[int, ...]) -> bytes:
    """Toy people in rows below each other."""
    return picture_of_rows(tuple(tuple(Someone(who, 50, 100) for who in people) for people in rows))


def nobody() -> bytes:
    """A picture without a face."""
    return picture()
