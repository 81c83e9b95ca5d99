"""A registry copied into an empty database, of whichever engine, and compared row for row.

Until all of it was read back the copy has a schema that no facevec opens, so one that was killed half way is
nobody's registry; the next copy writes over it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select

from facevec.errors import InputError, RegistryError
from facevec.registry import schema, whole
from facevec.registry.address import sqlite_file
from facevec.registry.encryption import carrying
from facevec.registry.engine import reading, writing
from facevec.registry.failures import place
from facevec.registry.state import begin_epoch, read_state
from facevec.registry.tables import ApiKeyRow, ChangeRow, WorkerRow
from facevec.types import Position

OnRows = Callable[[str, int], None]
"""Hears of which table so many rows more were copied."""

_HELD = (WorkerRow, ChangeRow, ApiKeyRow)
"""In a registry that was set up and never used, these hold nothing."""


@dataclass(frozen=True, slots=True)
class Copied:
    """rows: of each table. position: where the source stood. missed: its changes that came meanwhile."""

    where: str
    rows: Mapping[str, int]
    position: Position
    missed: int


def count_rows(source: Engine) -> int:
    """How many there are to copy. Raises RegistryError."""
    with reading(source) as connection:
        return sum(whole.counts(connection, whole.tables(connection)).values())


def copy(source: Engine, target: Engine, on_rows: OnRows = lambda _table, _rows: None) -> Copied:
    """Put all of the registry into `target`, which must be empty; the source stays as it is.

    Ids, marks, keys and history are the same, and so is the registry's own id, by which those are known who
    were removed; a new epoch begins in the copy, so nothing that was made of the source is taken for its own.

    Raises InputError for a target that is not empty, SchemaMismatch, RegistryError.
    """
    schema.require_current(source)
    _begin(target)
    _clear(target)
    with reading(source) as reader:
        position = read_state(reader).position
        tables = whole.tables(reader)
        last_ids = whole.last_ids(reader, tables)
        with writing(target) as writer:
            into = whole.tables(writer)
            meant = _write(reader, tables, writer, into, on_rows)
            whole.count_from(writer, into, last_ids)
            rows = whole.counts(writer, into)
    with reading(target) as back:
        _compare(meant, back)
    with writing(target) as writer:
        begin_epoch(writer)
        schema.set_version(writer, schema.head())
    with reading(source) as reader:
        missed = read_state(reader).revision - position.revision
    return Copied(place(target.url), rows, position, missed)


def _begin(target: Engine) -> None:
    """Have the tables in it, and nobody open it. Raises InputError, SchemaMismatch."""
    status = schema.check(target)
    version = status.current
    if version is None:
        schema.upgrade(target)
    elif version != schema.UNFINISHED:
        schema.require(status)
    with writing(target) as connection:
        if version != schema.UNFINISHED and _holds_anything(connection):
            raise InputError(f"{place(target.url)} holds a registry already; name an empty database.")
        schema.set_version(connection, schema.UNFINISHED)


def _clear(target: Engine) -> None:
    """Take out what a copy that did not come to its end has left, and its keys, before there are new ones."""
    with writing(target) as connection:
        for table in reversed(whole.tables(connection)):
            connection.execute(table.delete())
    file = sqlite_file(target.url)
    if file is not None:
        carrying.destroy_beside(file)


def _holds_anything(connection: Connection) -> bool:
    return any(connection.scalar(select(func.count()).select_from(table)) for table in _HELD)


def _write(
    reader: Connection, tables: Iterable[Table], writer: Connection, into: Iterable[Table], on_rows: OnRows
) -> dict[str, int]:
    """Copy every row; what each table is meant to hold, as `_content` has it."""
    by_name = {table.name: table for table in into}
    meant = {}
    for table in tables:
        meant[table.name] = 0
        for block in whole.read(reader, table):
            whole.write(writer, by_name, block)
            meant[table.name] += _content(block)
            on_rows(table.name, len(block.rows))
    return meant


def _compare(meant: Mapping[str, int], back: Connection) -> None:
    """Raises RegistryError where what was read back is not what was meant."""
    for table in whole.tables(back):
        if meant.get(table.name) != sum(map(_content, whole.read(back, table))):
            raise RegistryError(
                f"What was read back of {table.name} is not what was copied; look at the disk of the new "
                "database, then copy again. The old one is as it was."
            )


def _content(block: whole.Block) -> int:
    """The sum of the rows' digests: keys that are text come in another order where the database sorts by the
    rules of a language."""
    return sum(int.from_bytes(_digest(row), "big") for row in block.rows)


def _digest(row: Sequence[Any]) -> bytes:
    digest = hashlib.blake2b()
    for value in row:
        written = value if isinstance(value, bytes) else repr(value).encode()
        digest.update(b"%s %d " % (type(value).__name__.encode(), len(written)))
        digest.update(written)
    return digest.digest()
