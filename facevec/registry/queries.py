"""Reading the registry's tables into facevec's values. Plain rows: no ORM object is built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)

from facevec.errors import WorkerNotFound
from facevec.registry import marks
from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.consent_ledger import consent_in
from facevec.registry.encryption import words
from facevec.registry.names import MAX_NAME, canonical_name
from facevec.registry.tables import DistinctionRow, PhotoRow, WorkerRow
from facevec.types import (
    Distinction,
    Photo,
    Quality,
    Worker,
)

_LONGEST_KEY = 4 * MAX_NAME
"""No key of a name is longer: ignoring case may write one character as three."""

# SQLite takes 32,766 variables in a statement and PostgreSQL 65,535.
_IDS_A_QUERY = 10_000

# Making a statement takes longer than running it: those that come with every picture are made once.
_IDS = bindparam("ids", type_=Key(), expanding=True)
AT = bindparam("at", type_=UtcDateTime())
"""In place of a moment, in a statement that is made once."""

_PHOTO_COUNT = (
    select(func.count()).where(PhotoRow.worker_id == WorkerRow.id).correlate(WorkerRow).scalar_subquery()
)

_WORKER: Select[Any] = select(
    *marks.columns(WorkerRow, WorkerRow.created_at, _PHOTO_COUNT.label("photo_count"))
)

_PHOTO = select(
    PhotoRow.id,
    PhotoRow.worker_id,
    PhotoRow.sha256,
    PhotoRow.source,
    PhotoRow.quality,
    PhotoRow.created_at,
    PhotoRow.pixels.is_not(None).label("has_pixels"),
    PhotoRow.words,
)

# Of each worker, in this order, the others come by ascending id.
_PAIR: Select[Any] = select(*marks.columns(DistinctionRow)).order_by(
    DistinctionRow.first_id, DistinctionRow.second_id
)
_PAIR_OF = _PAIR.where(or_(DistinctionRow.first_id.in_(_IDS), DistinctionRow.second_id.in_(_IDS)))
_NAME = select(*marks.columns(WorkerRow)).where(WorkerRow.id.in_(_IDS))


def read_worker(connection: Connection, worker_id: int, *, strict: bool = False) -> Worker:
    """strict: as for `words.opened`. Raises WorkerNotFound."""
    row = connection.execute(_WORKER.where(WorkerRow.id == worker_id)).one_or_none()
    if row is None:
        raise WorkerNotFound(f"There is no worker {worker_id}; `facevec worker list` shows who is enrolled.")
    return _workers(connection, [row], strict=strict)[0]


def read_workers(connection: Connection, where: ColumnElement[bool], limit: int | None) -> tuple[Worker, ...]:
    """Workers by ascending id."""
    rows = connection.execute(_WORKER.where(where).order_by(WorkerRow.id).limit(limit))
    return tuple(_workers(connection, rows.all()))


def active(may: ColumnElement[bool]) -> Select[Any]:
    """The statement of `read_active`. may: who may be recognised `AT` a moment, see `recognizable`."""
    return _WORKER.where(WorkerRow.id.in_(_IDS), may)


def read_active(
    connection: Connection, ids: Sequence[int], chosen: Select[Any], at: datetime
) -> dict[int, Worker]:
    """Those of `ids` that may be recognised `at` that moment, and whose name and consent are as facevec wrote
    them. chosen: `active`. Raises MasterKeyWrong, MasterKeyUnavailable, RegistryError."""
    workers: dict[int, Worker] = {}
    for some in portions(ids):
        rows = connection.execute(chosen, {"ids": some, "at": at})
        authentic = marks.authentic(connection, WorkerRow, rows)
        workers.update((worker.id, worker) for worker in _workers(connection, authentic, strict=True))
    return workers


def read_distinct_pairs(connection: Connection) -> tuple[tuple[int, int], ...]:
    """Ids of workers who are two people, the smaller first, ascending."""
    return tuple((row.first_id, row.second_id) for row in _distinct(connection, connection.execute(_PAIR)))


def _distinct(connection: Connection, pairs: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Pairs that somebody else wrote are none: the two may be one person."""
    return marks.authentic(connection, DistinctionRow, pairs)


def _read_distinctions(connection: Connection, ids: Sequence[int]) -> dict[int, list[Distinction]]:
    """For each of `ids` that has any, those from whom they are distinct, by ascending id."""
    distinctions: defaultdict[int, list[Distinction]] = defaultdict(list)
    for some in portions(ids):
        pairs = _distinct(connection, connection.execute(_PAIR_OF, {"ids": some}))
        both = [(row.second_id, row.first_id, row) for row in pairs]
        both += [(row.first_id, row.second_id, row) for row in pairs]
        called = _names(connection, {other for _, other, _ in both})
        for one, other, row in both:
            if other in called:
                decided = Distinction(other, called[other], row.decided_by, row.decided_at)
                distinctions[one].append(decided)
    return distinctions


def _names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """What workers are called."""
    names: dict[int, str] = {}
    for some in portions(sorted(ids)):
        rows = connection.execute(_NAME, {"ids": some}).all()
        names |= {row["id"]: row["name"] for row in words.opened(connection, WorkerRow, rows)}
    return names


def recognizable(at: datetime | BindParameter[datetime], *, consent_required: bool) -> ColumnElement[bool]:
    """Active, and with a consent that has begun and not expired `at` that moment; or, where none is required,
    without any. at: `AT`, where the moment comes with each run."""
    begin, expiry = WorkerRow.consent_given_at, WorkerRow.consent_expires_at
    lasts = and_(begin.is_not(None), begin <= at, or_(expiry.is_(None), expiry > at))
    return and_(WorkerRow.status == "active", lasts if consent_required else or_(begin.is_(None), lasts))


def withheld(at: datetime, *, consent_required: bool) -> ColumnElement[bool]:
    """Everybody who is not `recognizable`, said so that each part is found by an index of its own."""
    begin, expiry = WorkerRow.consent_given_at, WorkerRow.consent_expires_at
    # Written out: with a value that comes later no engine would use that index.
    inactive = WorkerRow.status == literal_column("'inactive'")
    parts = [inactive, begin > at, and_(begin.is_not(None), expiry <= at)]
    return or_(*parts, *([begin.is_(None)] if consent_required else []))


def ids_called(connection: Connection, name: str) -> tuple[int, ...]:
    """Workers whose name is `name` in the sense of `names.canonical_name`, by ascending id."""
    key = canonical_name(name)
    if not 0 < len(key) <= _LONGEST_KEY:
        return ()
    # The database finds those in which all words of the name follow each other, whatever is in between.
    pattern = "".join(f"%{_literal(word)}" for word in key.split())
    hashed = words.hash_of(connection, WorkerRow, "name_key", key)
    candidates = select(WorkerRow.id, WorkerRow.name_key).where(
        or_(WorkerRow.name_key == hashed, WorkerRow.name_key.like(f"{pattern}%", escape="/"))
    )
    rows = connection.execute(candidates.order_by(WorkerRow.id))
    return tuple(
        row.id
        for row in rows
        if row.name_key == hashed or (not words.is_hash(row.name_key) and canonical_name(row.name_key) == key)
    )


def read_photos(connection: Connection, worker_id: int) -> tuple[Photo, ...]:
    """A worker's enrolment photos, oldest first."""
    rows = connection.execute(_PHOTO.where(PhotoRow.worker_id == worker_id).order_by(PhotoRow.id)).all()
    return tuple(
        Photo(
            id=row["id"],
            worker_id=row["worker_id"],
            sha256=row["sha256"],
            source=row["source"],
            quality=Quality(**row["quality"]),
            created_at=row["created_at"],
            has_pixels=bool(row["has_pixels"]),
        )
        for row in words.opened(connection, PhotoRow, rows)
    )


def _literal(text: str) -> str:
    """`text` for a LIKE pattern with `/` as its escape character."""
    return "".join(f"/{character}" if character in "%_/" else character for character in text)


def portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """`ids` in so many that each database takes them in one statement."""
    for start in range(0, len(ids), _IDS_A_QUERY):
        yield [int(worker_id) for worker_id in ids[start : start + _IDS_A_QUERY]]


def _workers(connection: Connection, rows: Sequence[Row[Any]], *, strict: bool = False) -> list[Worker]:
    distinctions = _read_distinctions(connection, [row.id for row in rows])
    opened = words.opened(connection, WorkerRow, rows, strict=strict)
    return [_worker(row, distinctions.get(row["id"], ())) for row in opened]


def _worker(row: Mapping[str, Any], distinct_from: Sequence[Distinction]) -> Worker:
    return Worker(
        id=row["id"],
        name=row["name"],
        external_id=row["external_id"],
        status=row["status"],
        consent=None if row["consent_text_version"] is None else consent_in(row),
        created_at=row["created_at"],
        photo_count=row["photo_count"],
        distinct_from=tuple(distinct_from),
    )
