"""Time that a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta

from facevec.ports import utc_now


class Clock:
    """The time it is, and so much more."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead
