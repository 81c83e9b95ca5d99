"""The consent ledger in SQL: who agreed to what, and who took it back. Entries are only ever added.

Each entry holds the digest of the one before, and a mark under the integrity key; so does the row that says
where the ledger ends. Whoever has no key can neither change, reorder nor leave out an entry unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from facevec.dates import in_words
from facevec.decision.clocks import SOON
from facevec.errors import ConsentRefused, NotAuthentic
from facevec.registry import marks
from facevec.registry.state import read_state
from facevec.registry.tables import (
    STATE_ID,
    ConsentEntryRow,
    ConsentHeadRow,
    ConsentTextRow,
    StateRow,
    WorkerRow,
)
from facevec.types import Consent, LedgerEntry, LedgerKind

_DIGEST_BYTES = 32
_ENTRIES: Select[Any] = select(ConsentEntryRow.__table__).order_by(ConsentEntryRow.number)
_HEAD = select(ConsentHeadRow.__table__).where(ConsentHeadRow.id == STATE_ID)
_CHAINED = tuple(name for name in marks.COVERED[ConsentEntryRow] if name != "digest")
_HELD = ("text_version", "given_at", "expires_at", "purposes")
"""What entry and worker say alike."""


def begin(connection: Connection, at: datetime) -> None:
    """Write the first entries of a registry that had consents before it had a ledger.

    A worker who is not as facevec wrote them has no consent that anybody could vouch for, and no entry.
    """
    registry = read_state(connection).position.registry
    head = {"id": STATE_ID, "number": 0, "digest": registry}
    connection.execute(insert(ConsentHeadRow).values(marks.marked(connection, ConsentHeadRow, head)))
    agreed = select(WorkerRow.__table__).where(WorkerRow.consent_text_version.is_not(None))
    for worker in connection.execute(agreed.order_by(WorkerRow.id)).all():
        if marks.holds(connection, WorkerRow, worker):
            consent = consent_of(worker)
            append(connection, worker.id, "before", consent, consent.recorded_by, at)


def append(
    connection: Connection, worker_id: int, kind: LedgerKind, consent: Consent, by: str, at: datetime
) -> None:
    """Add an entry; `consent` as it stands from here on. The transaction has taken its revision before.

    Raises NotAuthentic where somebody without the key wrote where the ledger ends, and ConsentRefused for a
    consent recorded by a clock that has gone back.
    """
    head = _head(connection)
    if kind == "recorded":
        _require_no_clock_back(connection, head, at)
    entry = {
        "number": head.number + 1,
        "worker_id": worker_id,
        "kind": kind,
        "text_version": consent.text_version,
        "text_sha256": _text_sha256(connection, consent.text_version),
        "given_at": consent.given_at,
        "expires_at": consent.expires_at,
        "purposes": list(consent.purposes),
        "recorded_by": by,
        "recorded_at": at,
    }
    entry["digest"] = _digest(head.digest, entry)
    connection.execute(insert(ConsentEntryRow).values(marks.marked(connection, ConsentEntryRow, entry)))
    ends = {"id": STATE_ID, "number": entry["number"], "digest": entry["digest"]}
    connection.execute(update(ConsentHeadRow).values(marks.marked(connection, ConsentHeadRow, ends)))


def newest(connection: Connection, worker_id: int) -> LedgerEntry | None:
    """What a worker said last: that they agree, or do not any more. That a consent ran out says nothing.

    None also of one who was removed: whoever has their number now is somebody else.
    """
    about = select(ConsentEntryRow.__table__).where(
        ConsentEntryRow.worker_id == worker_id, ConsentEntryRow.kind != "expired"
    )
    row = connection.execute(about.order_by(ConsentEntryRow.number.desc()).limit(1)).one_or_none()
    return None if row is None or row.kind == "removed" else _entry(row)


def entries(connection: Connection, worker_id: int | None = None) -> tuple[LedgerEntry, ...]:
    """Every entry, or those about a worker, in the order in which they were written."""
    chosen = _ENTRIES if worker_id is None else _ENTRIES.where(ConsentEntryRow.worker_id == worker_id)
    return tuple(_entry(row) for row in connection.execute(chosen))


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong with the ledger, and where workers are not what it says; nothing where all is well."""
    newest_by_worker: dict[int, Row[Any]] = {}
    digest, number = read_state(connection).position.registry, 0
    for row in connection.execute(_ENTRIES):
        number += 1
        if row.number != number:
            yield f"Entry {number} is missing; {row.number} follows."
            number = row.number
        elif row.digest != _digest(digest, row._mapping):
            yield f"Entry {number} does not follow from the one before."
        if not marks.holds(connection, ConsentEntryRow, row):
            yield f"Entry {number} was written by somebody without the integrity key."
        digest = row.digest
        newest_by_worker[row.worker_id] = row
    head = connection.execute(_HEAD).one_or_none()
    if head is None or not marks.holds(connection, ConsentHeadRow, head):
        yield "Where the ledger ends was written by somebody without the integrity key."
    elif (head.number, head.digest) != (number, digest):
        yield f"The ledger ends at entry {number}, and facevec wrote {head.number}."
    yield from _disagreements(connection, newest_by_worker)


def consent_of(worker: Row[Any]) -> Consent:
    """The consent in the row of a worker who has one."""
    return consent_in(worker._mapping)


def consent_in(values: Mapping[Any, Any]) -> Consent:
    """As `consent_of`, of the values of a row by their columns."""
    return Consent(
        text_version=values["consent_text_version"],
        given_at=values["consent_given_at"],
        expires_at=values["consent_expires_at"],
        emotion=values["consent_emotion"],
        photos=values["consent_photos"],
        visits=values["consent_visits"],
    )


def _disagreements(connection: Connection, newest_by_worker: Mapping[int, Row[Any]]) -> Iterator[str]:
    enrolled = set()
    for worker in connection.execute(select(WorkerRow.__table__).order_by(WorkerRow.id)):
        enrolled.add(worker.id)
        entry = newest_by_worker.get(worker.id)
        consent = None if worker.consent_text_version is None else consent_of(worker)
        if consent is None and entry is not None:
            yield f"Worker {worker.id} has no consent, and entry {entry.number} tells of one."
        elif consent is not None and entry is None:
            yield f"Worker {worker.id} has a consent of which no entry tells."
        elif consent is not None and entry is not None and _said(consent) != _held(entry):
            yield f"The consent of worker {worker.id} is not that of entry {entry.number}."
        if entry is not None and entry.kind == "removed":
            yield f"Worker {worker.id} is enrolled, and was removed by entry {entry.number}."
    for worker_id, entry in newest_by_worker.items():
        if entry.kind != "removed" and worker_id not in enrolled:
            yield f"Worker {worker_id} is not enrolled, and no entry tells that they were removed."


def _said(consent: Consent) -> tuple[Any, ...]:
    return consent.text_version, consent.given_at, consent.expires_at, list(consent.purposes)


def _held(entry: Row[Any]) -> tuple[Any, ...]:
    return tuple(getattr(entry, name) for name in _HELD)


def _head(connection: Connection) -> Row[Any]:
    head = connection.execute(_HEAD).one_or_none()
    if head is None or not marks.holds(connection, ConsentHeadRow, head):
        raise NotAuthentic(
            "The consent ledger was changed by somebody without the integrity key; look at `facevec consent "
            "verify`, then run `facevec integrity adopt`."
        )
    return head


def last_number(connection: Connection) -> int:
    """Of the last entry; 0 without any."""
    return connection.scalar(select(func.max(ConsentEntryRow.number))) or 0


def _require_no_clock_back(connection: Connection, head: Row[Any], at: datetime) -> None:
    if head.number <= (connection.scalar(select(StateRow.trusted_entry)) or 0):
        return  # an operator said what time it is since
    last = connection.execute(_ENTRIES.where(ConsentEntryRow.number == head.number)).one_or_none()
    if last is not None and at < last.recorded_at - SOON:
        raise ConsentRefused(
            f"The clock of this machine says {in_words(at)}, and the newest entry of the consent ledger is "
            f"of {in_words(last.recorded_at)}; set the clock, then record the consent. Should it have been "
            "ahead then, and be right now, `facevec index rebuild --trust-the-clock` says so."
        )


def _text_sha256(connection: Connection, version: str) -> str | None:
    return connection.scalar(select(ConsentTextRow.sha256).where(ConsentTextRow.version == version))


def _digest(before: str, entry: Mapping[Any, Any]) -> str:
    text = json.dumps([before, *(entry[name] for name in _CHAINED)], default=_moment)
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(timezone.utc).isoformat()


def _entry(row: Row[Any]) -> LedgerEntry:
    return LedgerEntry(
        number=row.number,
        worker_id=row.worker_id,
        kind=row.kind,
        text_version=row.text_version,
        text_sha256=row.text_sha256,
        given_at=row.given_at,
        expires_at=row.expires_at,
        purposes=tuple(row.purposes),
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
    )
