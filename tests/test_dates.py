"""When what is agreed or allowed ends."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import click
import pytest

from facevec.cli.dates import Ending
from facevec.dates import ending, in_words


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2027-01-31", "2027-01-31T23:59:59"),
        ("2028-02-29", "2028-02-29T23:59:59"),
        ("9999-12-31", "9999-12-31T23:59:59"),
        ("2027-01-31T18:00", "2027-01-31T18:00:00"),
        ("2027-01-31 18:00:05", "2027-01-31T18:00:05"),
        ("2027-01-31T00:00:00Z", "2027-01-31T00:00:00"),
        ("2027-01-31T18:00:00+02:00", "2027-01-31T16:00:00"),
        ("2027-01-31t18:00:00z", "2027-01-31T18:00:00"),
    ],
)
def test_a_day_ends_at_its_end_and_a_moment_when_it_says(text: str, end: str) -> None:
    assert ending(text) == datetime.fromisoformat(f"{end}+00:00")


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2027-02-29", "31.01.2027", "2027-01", "2027-W05", "2027-w05-1", "1d2", "-1d", "123456d"],
)
def test_what_is_no_end_is_said_so(text: str) -> None:
    with pytest.raises(click.BadParameter, match="neither a date"):
        Ending().convert(text, None, None)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_zone_of_the_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        assert in_words(Ending().convert("2027-01-31", None, None)) == "2027-01-31 23:59 UTC"
    time.tzset()


def test_days_are_counted_from_now() -> None:
    left = Ending().convert("90d", None, None) - datetime.now(timezone.utc)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
