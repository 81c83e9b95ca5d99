"""Ends of what is agreed or allowed. A day is over at its end, in UTC, as everything stored."""

from __future__ import annotations

from datetime import date, datetime, time, timezone

_LAST_SECOND = time(23, 59, 59, tzinfo=timezone.utc)


def end_of(day: date) -> datetime:
    """The last second of `day` in UTC."""
    return datetime.combine(day, _LAST_SECOND)


def ending(text: str) -> datetime:
    """When something ends that ends on `text`: a day, or a moment in UTC unless it says another time zone.

    Raises ValueError, or OverflowError for a moment that lies outside the calendar in UTC.
    """
    if "W" in text.upper():  # the first day of a week would be taken for its last, by newer Pythons only
        raise ValueError(text)
    try:
        return end_of(date.fromisoformat(text))
    except ValueError:
        moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)


def day_in_words(moment: datetime) -> str:
    """The day of `moment` in UTC. strftime writes no zeros before a small year everywhere."""
    return moment.astimezone(timezone.utc).date().isoformat()


def in_words(moment: datetime) -> str:
    """`moment` to the minute, with its zone."""
    return f"{day_in_words(moment)} {moment.astimezone(timezone.utc):%H:%M} UTC"
