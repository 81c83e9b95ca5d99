"""The audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import AuditRecord

if TYPE_CHECKING:
    from typing_extensions import Self


class RecordAnswer(Answer):
    """A record: where it stands, when, what was done by whom, from where, what for, about whom, with which
    outcome, and what decided. authentic: whether facevec wrote it, after the record before it."""

    segment: int
    number: int
    at: Moment
    what: str
    by: str
    source: str | None
    request_id: str | None
    purpose: str | None
    outcome: str
    worker_ids: tuple[int, ...]
    detail: dict[str, Any]
    authentic: bool

    @classmethod
    def of_record(cls, record: AuditRecord) -> Self:
        return cls.of(
            record.event,
            segment=record.segment,
            number=record.number,
            at=record.at,
            authentic=record.is_authentic,
        )


class AuditRecords(Answer):
    """Records, the newest last; faults: how much is wrong with the trail, as `facevec audit verify` tells."""

    records: tuple[RecordAnswer, ...]
    faults: int


class Fault(Answer):
    """What is wrong in a segment; `is_fault` is false for what a crash leaves."""

    segment: int
    sentence: str
    is_fault: bool


class AuditVerified(Answer):
    """How many records and anchors were held against each other, and what is wrong."""

    records: int
    anchors: int
    findings: tuple[Fault, ...]


class AuditExported(Answer):
    """A file of records, how many, and how much is wrong with the trail."""

    file: str
    records: int
    faults: int


class Explanation(Answer):
    """The records of a request, and its faces as they would be decided now, where the picture was shown."""

    records: tuple[RecordAnswer, ...]
    now: tuple[dict[str, Any], ...] | None
