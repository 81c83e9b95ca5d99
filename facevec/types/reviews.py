"""Identifications that people confirm before they have consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

ReviewState = Literal["pending", "confirmed", "rejected", "expired"]


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """That a face was decided to be a worker's.

    face: its place among those of the picture, the largest is 0. picture: what stands for it in the audit
    trail. distance: 0 to 2. point: what decided, in numbers and origins. place: where they were seen, None
    where that is not to be recorded.
    """

    worker_id: int
    face: int
    picture: str
    distance: float
    contract: str
    revision: int
    point: Mapping[str, Any]
    asked_by: str
    request_id: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """An identification that people confirm or reject.

    ends_at: then it is nobody's any more. persons: how many have to confirm it. confirmed_by: who did, in
    order; decided_by: who did last, or rejected it. By `key:ID` or `user:NAME`.
    """

    id: int
    identification: Unconfirmed
    asked_at: datetime
    ends_at: datetime
    state: ReviewState = "pending"
    persons: int = 1
    confirmed_by: tuple[str, ...] = ()
    decided_by: str | None = None
    decided_at: datetime | None = None
