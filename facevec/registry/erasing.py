"""Taking out of a registry, of whatever schema, what the ledger says was removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, DateTime, Table, delete, select, update

from facevec.registry import consent_ledger, marks, removals, whole
from facevec.registry.columns import utc
from facevec.registry.queries import portions
from facevec.registry.removals import RECOGNITION, VISITS, Removal
from facevec.registry.tables import ApiKeyRow, Base, ConsentEntryRow, VisitRow, WorkerRow
from facevec.types import SYSTEM, LedgerKind

Values = Mapping[str, Any]
"""A row by its columns."""

_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was taken out, by kind; of each worker concerned what the change log calls it."""

    counts: Mapping[str, int]
    changes: Sequence[tuple[int, str]]


def erase(connection: Connection, gone: Iterable[Removal], now: datetime) -> Erased:
    """Delete whoever and whatever is `gone` and there all the same; end consents and keys.

    Foreign keys may be off.
    """
    known = {one.identity: one for one in gone}
    tables = {table.name: table for table in whole.tables(connection)} if known else {}
    if "workers" not in tables:
        return Erased({}, ())
    key = marks.key_of(connection)
    counts: Counter[str] = Counter()
    changes: dict[int, str] = {}
    all_workers = _rows(connection, tables["workers"])
    going = [row for row in all_workers if removals.of_worker(key, row) in known]
    workers = [row["id"] for row in going]
    _delete_all(connection, tables, "workers", workers)
    for row in going:
        _enter(connection, tables, row, "removed", now)
    photos, kept = [], []
    for row in _rows(connection, tables["photos"], "id", "worker_id", "created_at", "sha256"):
        if known.keys() & {removals.of_photo(key, row), removals.of_photo_before(key, row)}:
            photos.append(row["id"])
            changes[row["worker_id"]] = "photo_removed"
        elif known.keys() & {removals.of_pixels(key, row), removals.of_pixels_before(key, row)}:
            kept.append(row["id"])
    _delete_all(connection, tables, "photos", photos)
    counts["pixels"] = _forget_pixels(connection, tables["photos"], kept)
    counts |= Counter(worker=len(workers), photo=len(photos))
    if "seals" in tables:
        counts["seal"] = _unseal(connection, tables["seals"], known)
    erased = frozenset(workers)
    left = [row for row in all_workers if row["id"] not in erased]
    for worker_id, purposes in _end_consents(connection, tables, left, known, now):
        counts += _forget(connection, tables, worker_id, purposes)
        if RECOGNITION in purposes:
            changes[worker_id] = "photo_removed"
        changes.setdefault(worker_id, "worker_updated")
        counts["consent"] += 1
    if "api_keys" in tables:
        counts["key"] = _revoke(connection, tables["api_keys"], known, now)
    changes |= dict.fromkeys(workers, "worker_removed")
    return Erased({kind: count for kind, count in counts.items() if count}, tuple(sorted(changes.items())))


def _rows(connection: Connection, table: Table, *columns: str) -> Sequence[Values]:
    """Every row, or these columns of it, its moments with their time zone."""
    chosen = [table.columns[name] for name in columns] or list(table.columns)
    moments = [column.name for column in chosen if isinstance(column.type, DateTime)]
    rows = [dict(row) for row in connection.execute(select(*chosen)).mappings()]
    for row in rows:
        row |= {name: utc(row[name]) for name in moments if row[name] is not None}
    return rows


def _delete_all(connection: Connection, tables: Mapping[str, Table], name: str, ids: Collection[int]) -> None:
    """Delete rows of a table by their ids, and before them all that points to them."""
    for some in portions(sorted(ids)):
        _delete(connection, tables, tables[name].columns["id"], some)


def _delete(
    connection: Connection, tables: Mapping[str, Table], column: Column[Any], values: Sequence[int]
) -> None:
    for other in tables.values():
        for foreign in other.foreign_keys:
            if foreign.column.table is column.table and foreign.column.name == column.name:
                if "id" in other.columns and other is not column.table:
                    own = connection.scalars(
                        select(other.columns["id"]).where(foreign.parent.in_(values))
                    ).all()
                    for some in portions(own):
                        _delete(connection, tables, other.columns["id"], some)
                connection.execute(delete(other).where(foreign.parent.in_(values)))
    connection.execute(delete(column.table).where(column.in_(values)))


def _unseal(connection: Connection, seals: Table, known: Mapping[str, Removal]) -> int:
    key, own = marks.key_of(connection), seals.columns["worker_id"]
    rows = _rows(connection, seals, "worker_id", "sealed_at")
    unsealed = [row["worker_id"] for row in rows if removals.of_seal(key, row) in known]
    for some in portions(unsealed):
        connection.execute(delete(seals).where(own.in_(some)))
    return len(unsealed)


def _forget_pixels(connection: Connection, photos: Table, ids: Sequence[int]) -> int:
    count = 0
    for some in portions(ids):
        there = photos.columns["id"].in_(some) & photos.columns["pixels"].is_not(None)
        count += connection.execute(update(photos).where(there).values(pixels=None)).rowcount
    return count


def _end_consents(
    connection: Connection,
    tables: Mapping[str, Table],
    workers: Sequence[Values],
    known: Mapping[str, Removal],
    now: datetime,
) -> Iterator[tuple[int, frozenset[str]]]:
    """(a worker whose consent was in force and is not any more, for which purposes)."""
    key = marks.key_of(connection)
    for row in workers:
        gone = {
            purpose: known[identity]
            for purpose, identity in removals.purposes(key, row, now).items()
            if identity in known
        }
        if not gone:
            continue
        changed: dict[str, Any] = {purpose: False for purpose in gone if purpose != RECOGNITION}
        if RECOGNITION in gone:
            ended = min(gone[RECOGNITION].at, now)
            changed["consent_expires_at"] = max(ended, row["consent_given_at"] + _AFTER)
        _update(connection, tables["workers"], WorkerRow, row, changed)
        kind: LedgerKind = "withdrawn" if RECOGNITION in gone else "recorded"
        _enter(connection, tables, {**row, **changed}, kind, now)
        yield row["id"], frozenset(gone)


def _forget(
    connection: Connection, tables: Mapping[str, Table], worker_id: int, purposes: frozenset[str]
) -> Counter[str]:
    """Delete what was kept for these purposes; how much of each kind."""
    counts = Counter[str]()
    if RECOGNITION in purposes:
        counts["photo"] = _forget_face(connection, tables, worker_id)
    if not purposes.isdisjoint({RECOGNITION, VISITS}):
        counts["visit"] = _forget_visits(connection, tables, worker_id)
    return counts


def _forget_face(connection: Connection, tables: Mapping[str, Table], worker_id: int) -> int:
    """Delete what a worker is told by, also what the ledger does not know of; how many photos."""
    photos = tables["photos"]
    own = connection.scalars(select(photos.columns["id"]).where(photos.columns["worker_id"] == worker_id))
    ids = own.all()
    _delete_all(connection, tables, "photos", ids)
    if "seals" in tables:
        seals = tables["seals"]
        connection.execute(delete(seals).where(seals.columns["worker_id"] == worker_id))
    return len(ids)


def _forget_visits(connection: Connection, tables: Mapping[str, Table], worker_id: int) -> int:
    if VisitRow.__tablename__ not in tables:
        return 0
    visits = tables[VisitRow.__tablename__]
    return connection.execute(delete(visits).where(visits.columns["worker_id"] == worker_id)).rowcount


def _enter(
    connection: Connection, tables: Mapping[str, Table], worker: Values, kind: LedgerKind, now: datetime
) -> None:
    """Tell the consent ledger, where there is one and the worker had a consent."""
    if ConsentEntryRow.__tablename__ in tables and worker["consent_text_version"] is not None:
        consent_ledger.append(connection, worker["id"], kind, consent_ledger.consent_in(worker), SYSTEM, now)


def _revoke(connection: Connection, keys: Table, known: Mapping[str, Removal], now: datetime) -> int:
    key, count = marks.key_of(connection), 0
    for row in _rows(connection, keys):
        removal = known.get(removals.of_api_key(key, row))
        if removal is not None and row["revoked_at"] is None:
            _update(connection, keys, ApiKeyRow, row, {"revoked_at": min(removal.at, now)})
            count += 1
    return count


def _update(
    connection: Connection, table: Table, kind: type[Base], row: Values, changed: Mapping[str, Any]
) -> None:
    """Change a row; it is marked where it was, and where this facevec knows what the mark covers."""
    stored = {name: whole.native(connection, value) for name, value in changed.items()}
    if "mark" in table.columns:
        held = marks.knows(kind, row) and marks.all_hold(connection, kind, row)
        stored["mark"] = marks.mark(connection, kind, {**row, **changed}) if held else None
    connection.execute(update(table).where(table.columns["id"] == row["id"]).values(stored))
