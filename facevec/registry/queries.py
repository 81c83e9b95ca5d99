"""Reading the registry's tables into facevec's values. Plain rows: no ORM object is built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, and_, func, not_, or_, select
from sqlalchemy.orm import aliased

from facevec.errors import RegistryError, WorkerNotFound
from facevec.registry.names import MAX_NAME, canonical_name
from facevec.registry.tables import DistinctionRow, PhotoRow, StateRow, TemplateRow, WorkerRow
from facevec.types import (
    NO_VECTORS,
    Consent,
    Distinction,
    Photo,
    Quality,
    RegistryState,
    Templates,
    Worker,
)

MAX_KEY = 2**63 - 1
"""Largest id either database can hold."""

_LONGEST_KEY = 4 * MAX_NAME
"""No key of a name is longer: ignoring case may write one character as three."""

# SQLite takes 32,766 variables in a statement and PostgreSQL 65,535.
_IDS_A_QUERY = 10_000
_ROWS_A_BLOCK = 5_000

VECTOR = np.dtype("<f4")
"""How a template is stored."""

_PHOTO_COUNT = (
    select(func.count()).where(PhotoRow.worker_id == WorkerRow.id).correlate(WorkerRow).scalar_subquery()
)

_WORKER = select(
    WorkerRow.id,
    WorkerRow.name,
    WorkerRow.external_id,
    WorkerRow.status,
    WorkerRow.consent_text_version,
    WorkerRow.consent_given_at,
    WorkerRow.consent_expires_at,
    WorkerRow.consent_emotion,
    WorkerRow.created_at,
    _PHOTO_COUNT.label("photo_count"),
)

_PHOTO = select(
    PhotoRow.id,
    PhotoRow.worker_id,
    PhotoRow.sha256,
    PhotoRow.source,
    PhotoRow.quality,
    PhotoRow.created_at,
    PhotoRow.pixels.is_not(None).label("has_pixels"),
)

_FIRST, _SECOND = aliased(WorkerRow), aliased(WorkerRow)

# Of each worker, in this order, the others come by ascending id.
_PAIR = (
    select(
        _FIRST.id.label("first_id"),
        _FIRST.name.label("first_name"),
        _SECOND.id.label("second_id"),
        _SECOND.name.label("second_name"),
        DistinctionRow.decided_by,
        DistinctionRow.decided_at,
    )
    .select_from(DistinctionRow)
    .join(_FIRST, _FIRST.id == DistinctionRow.first_id)
    .join(_SECOND, _SECOND.id == DistinctionRow.second_id)
    .order_by(DistinctionRow.first_id, DistinctionRow.second_id)
)


def read_state(connection: Connection) -> RegistryState:
    """The registry's one row about itself."""
    row = connection.execute(select(StateRow.revision, StateRow.model, StateRow.contract)).one_or_none()
    if row is None:
        raise RegistryError("The registry has lost its state row; restore the database from a backup.")
    return RegistryState(*row)


def read_worker(connection: Connection, worker_id: int) -> Worker:
    """Raises WorkerNotFound."""
    row = None
    if 0 < worker_id <= MAX_KEY:
        row = connection.execute(_WORKER.where(WorkerRow.id == worker_id)).one_or_none()
    if row is None:
        raise WorkerNotFound(f"There is no worker {worker_id}; `facevec worker list` shows who is enrolled.")
    return _workers(connection, [row])[0]


def read_workers(connection: Connection, where: ColumnElement[bool], limit: int | None) -> tuple[Worker, ...]:
    """Workers by ascending id."""
    rows = connection.execute(_WORKER.where(where).order_by(WorkerRow.id).limit(limit))
    return tuple(_workers(connection, rows.all()))


def read_active(connection: Connection, ids: Sequence[int], at: datetime) -> dict[int, Worker]:
    """Those of `ids` that may be recognised now."""
    workers: dict[int, Worker] = {}
    for some in _portions(ids):
        rows = connection.execute(_WORKER.where(WorkerRow.id.in_(some), recognizable(at)))
        workers.update((worker.id, worker) for worker in _workers(connection, rows.all()))
    return workers


def read_withheld(connection: Connection, at: datetime) -> tuple[int, ...]:
    """Workers who may not be recognised now, by ascending id."""
    return tuple(
        connection.scalars(select(WorkerRow.id).where(not_(recognizable(at))).order_by(WorkerRow.id))
    )


def read_next_end(connection: Connection, at: datetime) -> datetime | None:
    """When the next consent ends of those who may be recognised now; None when nobody's does."""
    return connection.scalar(select(func.min(WorkerRow.consent_expires_at)).where(recognizable(at)))


def read_distinct_pairs(connection: Connection) -> tuple[tuple[int, int], ...]:
    """Ids of workers who are two people, the smaller first, ascending."""
    pairs = select(DistinctionRow.first_id, DistinctionRow.second_id)
    rows = connection.execute(pairs.order_by(DistinctionRow.first_id, DistinctionRow.second_id))
    return tuple((first, second) for first, second in rows)


def _read_distinctions(connection: Connection, ids: Sequence[int]) -> dict[int, list[Distinction]]:
    """For each of `ids` that has any, those from whom they are distinct, by ascending id."""
    distinctions: defaultdict[int, list[Distinction]] = defaultdict(list)
    for some in _portions(ids):
        for row in connection.execute(
            _PAIR.where(or_(DistinctionRow.first_id.in_(some), DistinctionRow.second_id.in_(some)))
        ):
            distinctions[row.second_id].append(Distinction(row.first_id, row.first_name, *row[4:]))
            distinctions[row.first_id].append(Distinction(row.second_id, row.second_name, *row[4:]))
    return distinctions


def recognizable(at: datetime) -> ColumnElement[bool]:
    """Active, and with a consent that has not expired `at` that moment (or none recorded)."""
    expiry = WorkerRow.consent_expires_at
    return and_(WorkerRow.status == "active", or_(expiry.is_(None), expiry > at))


def ids_called(connection: Connection, name: str) -> tuple[int, ...]:
    """Workers whose name is `name` in the sense of `names.canonical_name`, by ascending id."""
    key = canonical_name(name)
    if not 0 < len(key) <= _LONGEST_KEY:
        return ()
    # The database finds those in which all words of the name follow each other, whatever is in between.
    words = "".join(f"%{_literal(word)}" for word in key.split())
    candidates = select(WorkerRow.id, WorkerRow.name_key).where(
        WorkerRow.name_key.like(f"{words}%", escape="/")
    )
    rows = connection.execute(candidates.order_by(WorkerRow.id))
    return tuple(row.id for row in rows if canonical_name(row.name_key) == key)


def read_photos(connection: Connection, worker_id: int) -> tuple[Photo, ...]:
    """A worker's enrolment photos, oldest first."""
    rows = connection.execute(_PHOTO.where(PhotoRow.worker_id == worker_id).order_by(PhotoRow.id))
    return tuple(
        Photo(
            id=row.id,
            worker_id=row.worker_id,
            sha256=row.sha256,
            source=row.source,
            quality=Quality(**row.quality),
            created_at=row.created_at,
            has_pixels=bool(row.has_pixels),
        )
        for row in rows
    )


def read_templates(
    connection: Connection, contract: str, worker_ids: Sequence[int] | None, at: datetime
) -> Templates:
    """Templates under `contract` of workers who may be recognised, one worker's adjacent, by ascending id."""
    query = _templates(contract).where(recognizable(at))
    if worker_ids is None:
        return _gathered(connection, [query])
    some_each = [query.where(TemplateRow.worker_id.in_(some)) for some in _portions(sorted(worker_ids))]
    return _gathered(connection, some_each)


def count_templates(connection: Connection, contract: str, at: datetime) -> tuple[int, int]:
    """(workers, templates) of `read_templates`, without reading a vector."""
    counts = (
        select(func.count(TemplateRow.worker_id.distinct()), func.count())
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract, recognizable(at))
    )
    workers, templates = connection.execute(counts).one()
    return workers, templates


def read_withheld_templates(connection: Connection, contract: str, at: datetime) -> Templates:
    """As `read_templates`, of everybody who may not be recognised now."""
    return _gathered(connection, [_templates(contract).where(not_(recognizable(at)))])


def read_own_templates(
    connection: Connection, worker_id: int, contract: str | None
) -> npt.NDArray[np.float32]:
    """(n, dimension): the templates of one worker, whether or not they may be recognised now."""
    if contract is None:
        return NO_VECTORS
    own = _templates(contract).where(TemplateRow.worker_id == worker_id)
    return _gathered(connection, [own]).vectors


def _templates(contract: str) -> Select[int, bytes]:
    return (
        select(TemplateRow.worker_id, TemplateRow.vector)
        .join(WorkerRow, WorkerRow.id == TemplateRow.worker_id)
        .where(TemplateRow.contract == contract)
        .order_by(TemplateRow.worker_id, TemplateRow.id)
    )


def _gathered(connection: Connection, queries: Sequence[Executable]) -> Templates:
    blocks = [block for each in queries for block in _blocks(connection, each)]
    if not blocks:
        return Templates(np.empty(0, np.int64), NO_VECTORS)
    if len({vectors.shape[1] for _, vectors in blocks}) > 1:
        raise _unequal()
    return Templates(
        np.concatenate([ids for ids, _ in blocks]),
        np.concatenate([vectors for _, vectors in blocks]),
    )


def _blocks(
    connection: Connection, query: Executable
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Rows in blocks, so that a large gallery is never in memory as Python objects at once."""
    result = connection.execute(query, execution_options={"yield_per": _ROWS_A_BLOCK})
    for rows in result.partitions():
        ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
        width = len(rows[0][1])
        if width % VECTOR.itemsize or any(len(row[1]) != width for row in rows):
            raise _unequal()
        flat = np.frombuffer(b"".join(row[1] for row in rows), VECTOR)
        yield ids, flat.reshape(len(rows), -1).astype(np.float32, copy=False)


def _literal(text: str) -> str:
    """`text` for a LIKE pattern with `/` as its escape character."""
    return "".join(f"/{character}" if character in "%_/" else character for character in text)


def _unequal() -> RegistryError:
    return RegistryError("Templates of one contract differ in length; restore the database from a backup.")


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _IDS_A_QUERY):
        yield [int(worker_id) for worker_id in ids[start : start + _IDS_A_QUERY]]


def _workers(connection: Connection, rows: Sequence[Row[Any]]) -> list[Worker]:
    distinctions = _read_distinctions(connection, [row.id for row in rows])
    return [_worker(row, distinctions.get(row.id, ())) for row in rows]


def _worker(row: Row[Any], distinct_from: Sequence[Distinction]) -> Worker:
    consent = None
    if row.consent_text_version is not None:
        consent = Consent(
            text_version=row.consent_text_version,
            given_at=row.consent_given_at,
            expires_at=row.consent_expires_at,
            emotion=row.consent_emotion,
        )
    return Worker(
        id=row.id,
        name=row.name,
        external_id=row.external_id,
        status=row.status,
        consent=consent,
        created_at=row.created_at,
        photo_count=row.photo_count,
        distinct_from=tuple(distinct_from),
    )
