"""A whole registry, table by table, whatever its schema: what backups and copies between engines are made of.

Tables are taken as the database describes them, and not as this facevec knows them: an older one is read
before it is upgraded. Values are those that both engines keep: None, bool, int, float, str, bytes, a moment
with its time zone, and what JSON can say.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    select,
    text,
    tuple_,
)
from sqlalchemy.exc import SAWarning

from facevec.registry.columns import naive, utc
from facevec.registry.encryption import carrying
from facevec.registry.encryption.slots import SlotFile
from facevec.registry.tables import Base, DataKeyRow, GoingKeyRow, StateRow

ROWS_A_BLOCK = 1_000
BYTES_A_BLOCK = 8_000_000
"""As many rows as fit in, were all as large as the largest: photos that are kept may be."""


_CARRIED = Base.metadata.tables.keys() - {GoingKeyRow.__tablename__}


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table, each with a value for each column."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


def tables(connection: Connection) -> tuple[Table, ...]:
    """Those of facevec but the schema's version, what is made of others and which keys are being destroyed;
    whichever points to another comes after it. That of the registry's state, which says where keys lie, is
    the first. Another program may have tables there, too."""
    if connection.dialect.name != "sqlite":
        return _described(connection)
    statements = connection.exec_driver_sql("SELECT sql FROM sqlite_master ORDER BY name")
    made = tuple(statements.scalars())
    known = _LAST_DESCRIBED.get(made)
    if known is None:
        known = _described(connection)
        _LAST_DESCRIBED.clear()
        _LAST_DESCRIBED[made] = known
    return known


_LAST_DESCRIBED: dict[tuple[str | None, ...], tuple[Table, ...]] = {}
"""The tables of the SQLite database that was described last, by the statements that made it."""


def _described(connection: Connection) -> tuple[Table, ...]:
    metadata = MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # an index made by an extension, say
        metadata.reflect(connection, only=lambda name, _: name in _CARRIED)
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type.none_as_null = True
    return tuple(sorted(metadata.sorted_tables, key=lambda table: table.name != StateRow.__tablename__))


def counts(connection: Connection, whole: Sequence[Table]) -> dict[str, int]:
    """How many rows each table has."""
    return {table.name: _count(connection, table) for table in whole}


def read(connection: Connection, table: Table) -> Iterator[Block]:
    """Every row of it, in the order of its key, some at a time.

    Keys that lie beside the database are rows here, too.
    """
    file = _beside(connection, table)
    if file is not None:
        keys = file.all()
        while some := list(islice(keys, ROWS_A_BLOCK)):
            yield Block(table.name, _KEY_COLUMNS, some)
        return
    limit = _rows_a_block(connection, table)
    columns = tuple(table.columns.keys())
    key = list(table.primary_key.columns)
    moments = [place for place, column in enumerate(table.columns) if isinstance(column.type, DateTime)]
    last: Sequence[Any] | None = None
    while True:
        query = select(table).order_by(*key).limit(limit)
        if last is not None:
            query = query.where(tuple_(*key) > last)
        rows = connection.execute(query).all()
        if not rows:
            return
        yield Block(table.name, columns, [_portable(row, moments) for row in rows])
        last = tuple(rows[-1]._mapping[column] for column in key)


def write(connection: Connection, whole: Mapping[str, Table], block: Block) -> None:
    """Add the rows to a table that has the same columns."""
    table = whole[block.table]
    if _beside(connection, table) is not None:
        slot, wrapped = map(block.columns.index, _KEY_COLUMNS)
        carrying.put(connection, {row[slot]: row[wrapped] for row in block.rows})
        return
    is_sqlite = connection.dialect.name == "sqlite"
    moments = [
        place
        for place, name in enumerate(block.columns)
        if is_sqlite and isinstance(table.columns[name].type, DateTime)
    ]
    rows = [dict(zip(block.columns, _native(row, moments), strict=True)) for row in block.rows]
    if rows:
        connection.execute(insert(table), rows)


def last_ids(connection: Connection, whole: Sequence[Table]) -> dict[str, int]:
    """Of each table that counts its rows, the last number it gave, also where that row is gone again."""
    if connection.dialect.name == "sqlite":
        known = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {name: last for name, last in known if name in {table.name for table in whole}}
    last = {}
    for table, sequence in _sequences(connection, whole):
        value, is_called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - the server's own name
        if is_called:
            last[table.name] = value
    return last


def count_from(connection: Connection, whole: Sequence[Table], last: Mapping[str, int]) -> None:
    """Have tables that count their rows give the numbers after these, so that none is given twice."""
    if connection.dialect.name == "sqlite":
        counting = _counted_by_sqlite(connection)
        for table in whole:
            if table.name in counting and table.name in last:
                connection.execute(
                    text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
                )
                connection.execute(
                    text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"),
                    {"name": table.name, "seq": last[table.name]},
                )
        return
    for table, sequence in _sequences(connection, whole):
        column = _counted(table)
        assert column is not None
        highest = connection.scalar(select(func.max(column))) or 0
        value = max(highest, last.get(table.name, 0))
        if value:
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :value)"),
                {"sequence": sequence, "value": value},
            )


_KEY_COLUMNS = (DataKeyRow.slot.key, DataKeyRow.wrapped.key)


def _beside(connection: Connection, table: Table) -> SlotFile | None:
    """Where the rows of a table lie, if not in the database."""
    return carrying.keys_beside(connection) if table.name == DataKeyRow.__tablename__ else None


def _count(connection: Connection, table: Table) -> int:
    file = _beside(connection, table)
    if file is not None:
        return sum(1 for _ in file.all())
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _rows_a_block(connection: Connection, table: Table) -> int:
    blobs = [
        func.max(func.length(column)) for column in table.columns if isinstance(column.type, LargeBinary)
    ]
    largest = sum(length or 0 for length in connection.execute(select(*blobs)).one()) if blobs else 0
    return max(1, min(ROWS_A_BLOCK, BYTES_A_BLOCK // max(largest, 1)))


def native(connection: Connection, value: object) -> object:
    """As the database takes it: SQLite keeps no time zone."""
    if isinstance(value, datetime) and connection.dialect.name == "sqlite":
        return naive(value)
    return value


def _portable(row: Sequence[Any], moments: Sequence[int]) -> Sequence[Any]:
    if not moments:
        return tuple(row)
    values = list(row)
    for place in moments:
        moment: datetime | None = values[place]
        if moment is not None:
            values[place] = utc(moment)
    return values


def _native(row: Sequence[Any], moments: Sequence[int]) -> Sequence[Any]:
    if not moments:
        return row
    values = list(row)
    for place in moments:
        if values[place] is not None:
            values[place] = naive(values[place])
    return values


def _counted_by_sqlite(connection: Connection) -> frozenset[str]:
    made = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
    return frozenset(made.scalars())


def _sequences(connection: Connection, whole: Sequence[Table]) -> Iterator[tuple[Table, str]]:
    ask = text("SELECT pg_get_serial_sequence(:table, :column)")
    for table in whole:
        column = _counted(table)
        if column is not None:
            sequence = connection.scalar(ask, {"table": f'"{table.name}"', "column": column.name})
            if sequence is not None:
                yield table, sequence


def _counted(table: Table) -> Column[Any] | None:
    """The column that may be numbered by the database."""
    key = list(table.primary_key.columns)
    return key[0] if len(key) == 1 and isinstance(key[0].type, (Integer, BigInteger)) else None
