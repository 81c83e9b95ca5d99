"""Whether the time that it is follows from the times that it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

LEAP = timedelta(days=14)
"""In so long something is recorded: a night, or a change. A clock that is ahead by less costs less
than the grace of a consent, by default."""

SOON = timedelta(minutes=5)
"""So far ahead of this clock may be that of another machine, which records, or recorded, what counts here."""


def leap(recorded: Sequence[datetime], now: datetime) -> tuple[datetime, datetime] | None:
    """The first two moments between which more than `LEAP` passed and nothing was recorded, up to `now`.

    recorded: ascending; what is later than `now` was recorded by a clock that was ahead, and says nothing.
    """
    moments = [*(each for each in recorded if each <= now), now]
    return next(((before, after) for before, after in pairwise(moments) if after - before > LEAP), None)
