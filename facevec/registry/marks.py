"""The marks of rows that decide: who somebody is, who may call, at which distance.

A mark is made of what is meant to be stored, never of what is read back; only `adopt` does that, when the
operator says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from json.encoder import encode_basestring_ascii
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from facevec.errors import NotAuthentic, RegistryError
from facevec.events import Events
from facevec.integrity import IntegrityKey
from facevec.registry.engine import INTEGRITY_KEY
from facevec.registry.state import begin_epoch
from facevec.registry.tables import (
    ApiKeyRow,
    ApprovalRow,
    Base,
    CalibrationRow,
    ConsentEntryRow,
    ConsentHeadRow,
    ConsentTextRow,
    DistinctionRow,
    OwnScaleRow,
    ReviewRow,
    SealRow,
    TemplateRow,
    VisitRow,
    WorkerRow,
)

_UNMARKED = {
    WorkerRow: {"name_skeleton", "created_at", "updated_at"},
    TemplateRow: {"id", "created_at"},
    SealRow: {"sealed_at"},
    CalibrationRow: set[str](),
    OwnScaleRow: set[str](),
    ApiKeyRow: {"last_used_at"},
    ApprovalRow: set[str](),
    ReviewRow: set[str](),
    DistinctionRow: set[str](),
    ConsentEntryRow: set[str](),
    ConsentHeadRow: set[str](),
    ConsentTextRow: set[str](),
    VisitRow: set[str](),
}
"""Tables whose rows are marked, and the columns that decide nothing."""

_LATER: Mapping[type[Base], frozenset[str]] = {
    WorkerRow: frozenset({"consent_photos", "consent_visits", "words"}),
    ConsentTextRow: frozenset({"words"}),
}
"""Columns that came when there were marks already: a mark holds one, by name, where it says something, so
that rows from before need none anew."""

COVERED: Mapping[type[Base], tuple[str, ...]] = {
    table: tuple(column.key for column in table.__table__.columns if column.key not in {*unmarked, "mark"})
    for table, unmarked in _UNMARKED.items()
}
"""Of each of these tables the columns that a mark holds."""

_AS_JSON: Mapping[type, Callable[[Any], bytes]] = {
    type(None): lambda _none: b"null",
    bool: lambda value: b"true" if value else b"false",
    int: lambda value: b"%d" % value,
    str: lambda value: encode_basestring_ascii(value).encode(),
}
"""Of such values what `json.dumps` says, in a fraction of its time."""

ADOPTED_A_BLOCK = 1000
SURVEYED_A_BLOCK = 1000
LISTED = 10
"""So many rows that are refused are named; of the others there is the number."""

logger = Events()


@dataclass(frozen=True, slots=True)
class Rows:
    """The marked rows of a table. refused: keys of those whose mark does not hold."""

    table: str
    count: int
    refused: tuple[str, ...]


def mark(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> bytes:
    """The mark of a row of `table` that is to be written as `row`, its own key included."""
    return key_of(connection).mark(table.__tablename__, _parts(table, row))


def marked(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` with its mark, as it is to be written."""
    return {**row, "mark": mark(connection, table, row)}


def holds(connection: Connection, table: type[Base], row: Row[Any]) -> bool:
    """Whether `row`, with every column that is covered, was written under the integrity key."""
    return all_hold(connection, table, row._mapping)


def all_hold(connection: Connection, table: type[Base], values: Mapping[Any, Any]) -> bool:
    """As `holds`, of the values of a row by their columns."""
    return key_of(connection).made(values["mark"], table.__tablename__, _parts(table, values))


def authentic(connection: Connection, table: type[Base], rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Those of `rows` that `holds`; the log is told of the others."""
    kept: list[Row[Any]] = []
    others: list[str] = []
    for row in rows:
        if holds(connection, table, row):
            kept.append(row)
        else:
            others.append(_name(table, row))
    refused(table, others)
    return kept


def knows(table: type[Base], values: Mapping[Any, Any]) -> bool:
    """Whether there is all that `all_hold` needs, which a row of an older schema may have."""
    return {*COVERED[table]} - _LATER.get(table, frozenset()) <= values.keys()


def columns(table: type[Base], *others: Any) -> list[Any]:  # noqa: ANN401  # whatever SQL can select
    """What `holds` needs of a row, and `others`."""
    return [*(getattr(table, name) for name in (*COVERED[table], "mark")), *others]


def key_of(connection: Connection) -> IntegrityKey:
    """The key that came with the engine. Raises RegistryError without one."""
    key: IntegrityKey | None = connection.get_execution_options().get(INTEGRITY_KEY)
    if key is None:
        raise RegistryError("The registry was opened without the integrity key.")
    return key


def refused(table: type[Base], keys: Iterable[object]) -> None:
    """Tell the log of rows that were left out, by their keys: they name nobody."""
    names = [str(key) for key in keys]
    if names:
        logger.error(
            "not_authentic", table=table.__tablename__, rows=names[:LISTED], count=len(names),
            instead="left out; `facevec integrity check` says more",
        )  # fmt: skip


def require_some(connection: Connection, what: str, *, kept: int, all_of_them: int) -> None:
    """Raises NotAuthentic where there is something and nothing of it holds: the key is another one."""
    if all_of_them and not kept:
        raise NotAuthentic(
            f"None of the {all_of_them} {what} was written under the integrity key here "
            f"({key_of(connection).origin}), or can be decrypted: `facevec doctor` says which. Put back the "
            "key that belongs to this registry; where it is the integrity key and lost, look at who is "
            "enrolled and run `facevec integrity adopt`."
        )


def survey(connection: Connection, tables: Sequence[type[Base]] = tuple(COVERED)) -> Iterator[Rows]:
    """Every row of every table that is covered, held against its mark."""
    for table in tables:
        count, bad = 0, []
        for row in _all(connection, table):
            count += 1
            if not holds(connection, table, row):
                bad.append(_name(table, row))
        yield Rows(table.__tablename__, count, tuple(bad))


def refused_by_table(connection: Connection) -> dict[str, int]:
    """How many rows of each table were not written under the key; none where all were."""
    return {rows.table: len(rows.refused) for rows in survey(connection) if rows.refused}


def adopt(connection: Connection, tables: Sequence[type[Base]] = tuple(COVERED)) -> tuple[Rows, ...]:
    """Mark every row as it stands; what each table held by then. Every view is made anew after it."""
    before = tuple(survey(connection, tables))
    for table in tables:
        primary = table.__table__.primary_key
        chosen = [column == bindparam(f"of_{column.key}") for column in primary]
        marked = update(table).where(*chosen).values(mark=bindparam("made"))
        block: list[dict[str, Any]] = []
        rows = _all(connection, table).all()
        for row in rows:
            own = {f"of_{column.key}": row._mapping[column.key] for column in primary}
            block.append({**own, "made": mark(connection, table, row._mapping)})
        for start in range(0, len(block), ADOPTED_A_BLOCK):
            connection.execute(marked, block[start : start + ADOPTED_A_BLOCK])
    begin_epoch(connection)
    return before


def _all(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401  # SQLAlchemy's result
    rows = select(table.__table__).order_by(*table.__table__.primary_key)
    return connection.execute(rows, execution_options={"yield_per": SURVEYED_A_BLOCK})


def _name(table: type[Base], row: Row[Any]) -> str:
    if table is TemplateRow:
        return f"worker {row.worker_id}, photo {row.photo_id}"
    return " ".join(str(getattr(row, column.name)) for column in table.__table__.primary_key)


def _parts(table: type[Base], row: Mapping[Any, Any]) -> Iterator[bytes]:
    later = _LATER.get(table, frozenset())
    for name in COVERED[table]:
        if name not in later:
            yield _encoded(row[name])
        elif row.get(name):
            yield name.encode() + b"=" + _encoded(row[name])


def _encoded(value: object) -> bytes:
    """A value of a column; values of two kinds are never the same."""
    quickly = _AS_JSON.get(type(value))
    if quickly is not None:
        return b"j" + quickly(value)
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, datetime):
        return b"t" + value.astimezone(timezone.utc).isoformat().encode()
    if isinstance(value, float):
        return b"f" + value.hex().encode()
    return b"j" + json.dumps(value).encode()
