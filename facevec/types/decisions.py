"""What was decided, and by which values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from facevec.types.people import Worker


class Status(str, Enum):
    """What facevec decided about one face."""

    IDENTIFIED = "identified"
    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    LOW_QUALITY = "low_quality"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whom one probe shows.

    distance: to the nearest worker, normalised; None with an empty gallery.
    margin: how much further the next different worker is, None with fewer than two.
    """

    status: Status
    worker_id: int | None
    distance: float | None
    margin: float | None


@dataclass(frozen=True, slots=True)
class Match:
    """A worker near a face, whether or not near enough to be named; the plain distance."""

    worker: Worker
    distance: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A threshold and margin measured for a target FPIR, and what they were measured on.

    match_threshold: in a gallery of `workers`. source: whether strangers' photos were searched for, or
    each worker in the gallery of the others. fnir: None when no worker has two photos.
    non_mated_searches: of `non_mated_people` people.
    """

    model: str
    contract: str
    match_threshold: float
    min_margin: float
    target_fpir: float
    source: Literal["strangers", "workers"]
    workers: int
    fpir: Estimate
    non_mated_searches: int
    non_mated_people: int
    fnir: Estimate | None
    mated_searches: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bands:
    """The edges between which scores are said to those who may not know them exactly, ascending.

    A distance is said as the upper edge of its band, a margin as the lower edge of its.
    """

    distance: tuple[float, ...]
    margin: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two faces are one person.

    distance: 0 (same picture) to 2; same: at or below the threshold, and not ambiguous. ambiguous: at or
    below it, but the face may as well be that of somebody decided to be another person than the worker.
    bands: None where the distance is exact.
    """

    distance: float
    threshold: float
    same: bool
    model: str
    ambiguous: bool = False
    bands: Bands | None = None
