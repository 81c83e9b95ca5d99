"""A registry in use, encrypted in place and back, some rows at a time; after a kill the rest are.

Both kinds of value are read all the while, and services go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from facevec.registry import marks
from facevec.registry.address import sqlite_file
from facevec.registry.encryption import carrying, vault, words
from facevec.registry.encryption.datakeys import ENCRYPTED, WORDS, is_sealed_in
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import STATE_ID, Base, DataKeyRow, GoingKeyRow, RegistryKeyRow, StateRow

ROWS_AT_ONCE = 500

CONVERTED = tuple(table for table in ENCRYPTED if table is not StateRow)
"""The registry's own key is there only while anything is encrypted."""

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
    """Count them; none is decrypted. The words of a row are one value."""
    by_table = {}
    for table in CONVERTED:
        own = _table(table)
        sealed = clear = 0
        for name in ENCRYPTED[table]:
            sealed += _count(connection, is_sealed_in(own.c[name]))
            clear += _count(connection, _is_clear(table, name))
        by_table[own.name] = sealed, clear
    return Survey(key_set_of(connection) is not None, by_table)


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).where(which)) or 0


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
        for table in CONVERTED:  # who came meanwhile
            after: tuple[Any, ...] | None = ()
            while after is not None:
                after = _convert_some(connection, table, after, on_values, encrypted=False)
        left = survey(connection)
        if not left.encrypted:
            nothing = {"key_set": None, "lookup": None}
            connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(nothing))
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
    for table in CONVERTED:
        after: tuple[Any, ...] | None = ()
        while after is not None:
            with writing(engine) as connection:
                take_turn(connection)
                after = _convert_some(connection, table, after, on_values, encrypted=encrypted)


def _convert_some(
    connection: Connection, table: type[Base], after: tuple[Any, ...], on_values: OnValues, *, encrypted: bool
) -> tuple[Any, ...] | None:
    """Of those behind `after`; the key of the last, None where there were none."""
    rows = _rows(connection, table, after, encrypted=encrypted)
    opened = list(zip(rows, _opened(connection, table, rows), strict=True))
    readable = [(row, clear) for row, clear in opened if clear is not None]
    made = [clear for _, clear in readable]
    if encrypted:
        made = [words.sealed(connection, table, row) for row in made]
    for (before, _), row in zip(readable, made, strict=True):
        _write(connection, table, before, row)
    on_values(len(rows))
    return _key(table, rows[-1]) if rows else None


def _opened(
    connection: Connection, table: type[Base], rows: Sequence[Row[Any]]
) -> Iterator[dict[Any, Any] | None]:
    """Each row with all in clear; None of one of which something cannot be decrypted: it stays as it is."""
    names = [name for name in ENCRYPTED[table] if name != WORDS]
    values = [vault.opened(connection, table, rows, name) for name in names]
    clear = words.opened(connection, table, rows, strict=True) if table in words.PERSONAL else None
    for place, row in enumerate(rows):
        whole = {**row._mapping} if clear is None else clear[place]
        whole.update((name, value[place]) for name, value in zip(names, values, strict=True))
        is_lost = whole.get(WORDS) is not None or any(
            whole[name] is None and row._mapping[name] is not None for name in names
        )
        yield None if is_lost else whole


def _rows(
    connection: Connection, table: type[Base], after: tuple[Any, ...], *, encrypted: bool
) -> Sequence[Row[Any]]:
    """Those of which something is not as it is to be."""
    own = _table(table)
    key = list(own.primary_key.columns)
    wanted = [is_sealed_in(own.c[name]) for name in ENCRYPTED[table]]
    if encrypted:
        wanted = [_is_clear(table, name) for name in ENCRYPTED[table]]
    query = select(own).where(or_(*wanted))
    if after:
        query = query.where(tuple_(*key) > after)
    return connection.execute(query.order_by(*key).limit(ROWS_AT_ONCE)).all()


def _write(connection: Connection, table: type[Base], before: Row[Any], row: Mapping[Any, Any]) -> None:
    """A row that nobody vouched for before is vouched for no more now."""
    own = _table(table)
    changed = {name: value for name, value in row.items() if value != before._mapping[name]}
    if table in marks.COVERED and marks.holds(connection, table, before):
        changed["mark"] = marks.mark(connection, table, row)
    chosen = [column == before._mapping[column.name] for column in own.primary_key.columns]
    connection.execute(update(own).where(*chosen).values(changed))


def _is_clear(table: type[Base], name: str) -> ColumnElement[bool]:
    column = _table(table).c[name]
    return words.in_clear(table) if name == WORDS else and_(column.is_not(None), ~is_sealed_in(column))


def _table(table: type[Base]) -> Table:
    own = table.__table__
    assert isinstance(own, Table)
    return own


def _key(table: type[Base], row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column.name] for column in _table(table).primary_key.columns)
