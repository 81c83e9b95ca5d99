"""When somebody was seen who agreed to a record of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identification:
    """By what somebody was identified.

    by: whose picture it was, as `key:ID`. distance: 0 to 2, None where it is not to be known. point:
    what decided, in numbers and origins.
    """

    by: str
    request_id: str
    distance: float | None
    contract: str
    point: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sighting:
    """That the service identified a worker, `count` times from one moment to another.

    enrolled_at: when the worker was enrolled, which tells them from whoever has their id in another copy of
    the registry. identification: the first of them.
    """

    worker_id: int
    enrolled_at: datetime
    place: str
    first_at: datetime
    last_at: datetime
    identification: Identification
    count: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """Sightings of one worker at one place, between which no pause was too long.

    name: a random one, 32 hexadecimal digits. first_at, last_at: to the second, of one day in UTC.
    identification: that of the first sighting.
    """

    id: int
    name: str
    worker_id: int
    place: str
    first_at: datetime
    last_at: datetime
    sightings: int
    identification: Identification


@dataclass(frozen=True, slots=True)
class VisitsKept:
    """How many visits there are. workers: whose they are. unagreed: those that no consent covers. ahead: of
    days to come. first_day: of the oldest, None without any."""

    visits: int
    workers: int
    unagreed: int
    ahead: int
    first_day: datetime | None
