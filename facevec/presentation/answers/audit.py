"""The audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import AuditRecord

if TYPE_CHECKING:
    from typing_extensions import Self


class RecordAnswer(Answer):
    """A record: where it stands, when, what was done by whom, from where, what for, about whom, with which
    outcome, and what decided."""

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

    @classmethod
    def of_record(cls, record: AuditRecord) -> Self:
        return cls.of(record.event, segment=record.segment, number=record.number, at=record.at)


class AuditRecords(Answer):
    """Records, the newest last."""

    records: tuple[RecordAnswer, ...]


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
    """A file of records, and how many."""

    file: str
    records: int


class Explanation(Answer):
    """The records of a request, and its faces as they would be decided now, where the picture was shown."""

    records: tuple[RecordAnswer, ...]
    now: tuple[dict[str, Any], ...] | None
