"""The end of a key or a consent, and its beginning, as they are written on the command line."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import click

from facevec.dates import ending

_DAYS = re.compile(r"(\d{1,5})d")


class Ending(click.ParamType):  # type: ignore[type-arg]  # generic in the newest click only
    """A day, of which it is the end, a moment, or a number of days from now."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` as a moment in UTC."""
        text = str(value)
        days = _DAYS.fullmatch(text)
        try:
            return datetime.now(timezone.utc) + timedelta(days=int(days[1])) if days else ending(text)
        except (ValueError, OverflowError):
            self.fail(
                f"{text!r} is neither a date such as 2027-01-31 nor a number of days such as 90d.", param, ctx
            )


class Moment(click.ParamType):  # type: ignore[type-arg]  # as above
    """A day, of which it is the beginning, or a moment; in UTC unless it says another time zone."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """`value` as a moment in UTC."""
        text = str(value)
        try:
            moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
            return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither a date such as 2026-11-20 nor a moment.", param, ctx)


MOMENT = Moment()
ENDING = Ending()
ENDING_HELP = (
    "the last day (until its end in UTC), a moment, or days from now: 2027-01-31, 2027-01-31T18:00, 90d."
)
