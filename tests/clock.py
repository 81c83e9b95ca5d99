"""Time that a test moves."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

from facevec.ports import utc_now


def today() -> date:
    """The day in UTC, when a minute of it is left at least."""
    now = utc_now()
    ends = datetime(now.year, now.month, now.day, tzinfo=timezone.utc) + timedelta(days=1)
    if ends - now < timedelta(minutes=1):
        time.sleep((ends - now).total_seconds() + 0.1)
    return utc_now().date()


class Clock:
    """The time it is, and so much more."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead
