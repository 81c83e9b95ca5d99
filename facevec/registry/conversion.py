"""A registry in use, encrypted in place and back, some rows at a time; after a kill the rest are.

Both kinds of value are read all the while, and services go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, delete, func, select, tuple_, update

from facevec.registry import marks
from facevec.registry.address import sqlite_file
from facevec.registry.encryption import carrying, vault
from facevec.registry.encryption.datakeys import ENCRYPTED
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.values import MAGIC
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import STATE_ID, Base, DataKeyRow, GoingKeyRow, RegistryKeyRow, StateRow

ROWS_AT_ONCE = 500

OnValues = Callable[[int], None]
"""Hears that so many values more were converted."""


@dataclass(frozen=True, slots=True)
class Survey:
    """How the values lie. encrypts: whether new ones are encrypted. by_table: (encrypted, in clear)."""

    encrypts: bool
    by_table: Mapping[str, tuple[int, int]]

    @property
    def encrypted(self) -> int:
        return sum(sealed for sealed, _ in self.by_table.values())

    @property
    def clear(self) -> int:
        return sum(clear for _, clear in self.by_table.values())


def survey(connection: Connection) -> Survey:
    """Count them; none is decrypted."""
    by_table = {}
    for table, name in ENCRYPTED.items():
        column = getattr(table, name)
        sealed = connection.scalar(select(func.count()).where(_is_sealed(column))) or 0
        by_table[table.__tablename__] = sealed, (connection.scalar(select(func.count(column))) or 0) - sealed
    return Survey(key_set_of(connection) is not None, by_table)


def encrypt(engine: Engine, on_values: OnValues = lambda _: None) -> Survey:
    """Encrypt what is in clear, and all that comes.

    Raises MasterKeyUnavailable, RegistryError; what was encrypted by then stays so, and is read.
    """
    with writing(engine) as connection:
        take_turn(connection)
        vault.begin(connection)
    _convert(engine, on_values, encrypted=True)
    with reading(engine) as connection:
        return survey(connection)


def decrypt(engine: Engine, on_values: OnValues = lambda _: None) -> Survey:
    """The way back: have all in clear, and the keys destroyed. Raises as `encrypt`.

    What cannot be decrypted stays as it is, and so do the keys then.
    """
    _convert(engine, on_values, encrypted=False)
    with writing(engine) as connection:
        take_turn(connection)
        for table in ENCRYPTED:  # who came meanwhile
            after: tuple[Any, ...] | None = ()
            while after is not None:
                after = _convert_some(connection, table, after, on_values, encrypted=False)
        left = survey(connection)
        if not left.encrypted:
            connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(key_set=None))
            connection.execute(delete(RegistryKeyRow))
            connection.execute(delete(GoingKeyRow))
            connection.execute(delete(DataKeyRow))
    file = sqlite_file(engine.url)
    if file is not None and not left.encrypted:
        carrying.destroy_beside(file)  # and what one that was killed here has left
    with reading(engine) as connection:
        return survey(connection)


def _convert(engine: Engine, on_values: OnValues, *, encrypted: bool) -> None:
    """Have every value encrypted, or in clear, some in each transaction."""
    for table in ENCRYPTED:
        after: tuple[Any, ...] | None = ()
        while after is not None:
            with writing(engine) as connection:
                take_turn(connection)
                after = _convert_some(connection, table, after, on_values, encrypted=encrypted)


def _convert_some(
    connection: Connection, table: type[Base], after: tuple[Any, ...], on_values: OnValues, *, encrypted: bool
) -> tuple[Any, ...] | None:
    """Of those behind `after`; the key of the last, None where there were none."""
    rows, column = list(_rows(connection, table, after, sealed=not encrypted)), ENCRYPTED[table]
    values: Iterable[bytes | None]
    if encrypted:
        values = (vault.sealed(connection, table, row._asdict())[column] for row in rows)
    else:
        values = vault.opened(connection, table, rows)
    for row, value in zip(rows, values, strict=True):
        if value is not None:
            _write(connection, table, row, {**row._mapping, column: value})
    on_values(len(rows))
    return _key(table, rows[-1]) if rows else None


def _rows(
    connection: Connection, table: type[Base], after: tuple[Any, ...], *, sealed: bool
) -> Iterator[Row[Any]]:
    own = _table(table)
    column = own.c[ENCRYPTED[table]]
    key = list(own.primary_key.columns)
    query = select(own).where(column.is_not(None), _is_sealed(column) if sealed else ~_is_sealed(column))
    if after:
        query = query.where(tuple_(*key) > after)
    yield from connection.execute(query.order_by(*key).limit(ROWS_AT_ONCE))


def _write(connection: Connection, table: type[Base], before: Row[Any], row: Mapping[Any, Any]) -> None:
    """A row that nobody vouched for before is vouched for no more now."""
    own = _table(table)
    changed = {ENCRYPTED[table]: row[ENCRYPTED[table]]}
    if table in marks.COVERED and marks.holds(connection, table, before):
        changed["mark"] = marks.mark(connection, table, row)
    chosen = [column == before._mapping[column.name] for column in own.primary_key.columns]
    connection.execute(update(own).where(*chosen).values(changed))


def _table(table: type[Base]) -> Table:
    own = table.__table__
    assert isinstance(own, Table)
    return own


def _key(table: type[Base], row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column.name] for column in _table(table).primary_key.columns)


def _is_sealed(column: Any) -> Any:  # noqa: ANN401  # a column, and what is asked of it
    return func.substr(column, 1, len(MAGIC)) == MAGIC
