"""Which sightings are one visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from facevec.types import Sighting, Visit


def day_of(moment: datetime) -> datetime:
    """The beginning of its day in UTC."""
    return moment.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)


def to_the_second(moment: datetime) -> datetime:
    """In UTC, without what is less than a second."""
    return moment.astimezone(timezone.utc).replace(microsecond=0)


def are_one(one: Sighting | Visit, later: Sighting, pause: timedelta) -> bool:
    """Whether somebody was not gone for longer than `pause` between them; a clock may go back a little."""
    return one.first_at - pause <= later.last_at and later.first_at <= one.last_at + pause


def visit_of(sighting: Sighting, name: str) -> Visit:
    """The visit that a sighting begins."""
    return Visit(
        id=0,
        name=name,
        worker_id=sighting.worker_id,
        place=sighting.place,
        first_at=to_the_second(sighting.first_at),
        last_at=to_the_second(sighting.last_at),
        sightings=sighting.count,
        identification=sighting.identification,
    )


def joined(visit: Visit, sighting: Sighting) -> Visit:
    """The visit with a sighting that is of it."""
    return replace(
        visit,
        first_at=min(visit.first_at, to_the_second(sighting.first_at)),
        last_at=max(visit.last_at, to_the_second(sighting.last_at)),
        sightings=visit.sightings + sighting.count,
    )


def together(one: Sighting, later: Sighting) -> Sighting:
    """Two sightings of a worker at a place that are of one visit."""
    return replace(
        one,
        first_at=min(one.first_at, later.first_at),
        last_at=max(one.last_at, later.last_at),
        count=one.count + later.count,
    )
