"""What time it is, as an argument."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

Clock = Callable[[], datetime]
"""This moment, in UTC."""


def utc_now() -> datetime:
    """The machine's own clock."""
    return datetime.now(timezone.utc)
