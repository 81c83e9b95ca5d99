"""What was done with facevec, as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Something that was done or refused.

    what: the API's operation, or the command. by: `key:ID`, `user:NAME` or `facevec`. source: the address it
    came from, None on this machine. purpose: what the caller said it is for. outcome: `ok`, or the code of
    the error. worker_ids: who was named, looked at or changed; never a name. detail: what decided, as JSON
    has it; a picture is in it as a keyed hash.
    """

    what: str
    by: str
    source: str | None = None
    request_id: str | None = None
    purpose: str | None = None
    outcome: str = "ok"
    worker_ids: tuple[int, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event as it stands in the trail: its segment, its number there from 0, and when.

    is_authentic: whether facevec wrote it, after the record before it.
    """

    segment: int
    number: int
    at: datetime
    event: AuditEvent
    is_authentic: bool = True


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Where a segment ends: the number of its last record, and that record's mark, hexadecimal."""

    segment: int
    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class AuditUpkeep:
    """What a night saw of the trail and did with it: segments the anchor was told of, and deleted."""

    records: int = 0
    anchored: int = 0
    pruned: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """What is wrong in a segment. is_fault: False for what a crash leaves."""

    segment: int
    sentence: str
    is_fault: bool = True
