"""Where the wrapped keys of data lie: in a file beside a SQLite database, in a table of any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    false,
    func,
    insert,
    inspect,
    select,
    true,
    update,
)

from facevec.registry.address import sqlite_file
from facevec.registry.encryption.slots import SlotFile
from facevec.registry.encryption.values import HEAD, MAGIC, slot_of
from facevec.registry.tables import (
    Base,
    ConsentTextRow,
    DataKeyRow,
    PhotoRow,
    SealRow,
    StateRow,
    TemplateRow,
    VisitRow,
    WorkerRow,
)

WORDS = "words"
"""The column of the encrypted words of a row; see `words`."""

ENCRYPTED: Mapping[type[Base], Sequence[str]] = {
    WorkerRow: (WORDS,),
    TemplateRow: ("vector",),
    SealRow: ("vector",),
    PhotoRow: (WORDS, "pixels"),
    ConsentTextRow: (WORDS,),
    VisitRow: ("details",),
    StateRow: ("lookup",),
}
"""Which columns may hold encrypted values."""

_OWNER: Mapping[type[Base], str] = {
    WorkerRow: "id",
    TemplateRow: "worker_id",
    SealRow: "worker_id",
    PhotoRow: "worker_id",
    VisitRow: "worker_id",
}
"""Whose a row is; of nobody in other tables."""

_AT_ONCE = 10_000
_ROWS: Any = DataKeyRow.__table__  # rows that are not told as objects
_KEYS = select(DataKeyRow.slot, DataKeyRow.wrapped)
_KEYS_IN = _KEYS.where(DataKeyRow.slot.in_(bindparam("slots", expanding=True)))


class DataKeys(Protocol):
    """Wrapped keys by their slots. Every method may raise RegistryError."""

    def add(self, wrapped: bytes) -> int:
        """Keep another one; its slot."""
        ...

    def settle(self) -> None:
        """Before the commit of the transaction in which some were added."""
        ...

    def read(self, slots: Iterable[int]) -> Mapping[int, bytes]:
        """Those of the slots that hold one."""
        ...

    def all(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """All of them that are behind slot `after`, in the order of their slots."""
        ...

    def replace(self, keys: Mapping[int, bytes]) -> None:
        """Put some in place of those that are in these slots. One that is gone meanwhile stays so."""
        ...

    def destroy(self, slots: Iterable[int]) -> None:
        """Have them be no more."""
        ...


def file_of(connection: Connection, key_set: str) -> SlotFile | None:
    """Of a SQLite database; None where the keys lie in the database itself."""
    database = sqlite_file(connection.engine.url)
    if database is None or not database.name:
        return None
    return SlotFile(beside(database, key_set))


def beside(database: Path, key_set: str) -> Path:
    """The file of a set of keys: whichever database stands there names its own."""
    return database.with_name(f"{database.name}-keys-{key_set}")


def data_keys(connection: Connection, key_set: str) -> DataKeys:
    """Those of the registry, which uses this set."""
    file = file_of(connection, key_set)
    return InTable(connection) if file is None else InFile(connection, file)


class InFile:
    """`DataKeys` in a file of slots. SQLite lets one process write at a time, so one adds at a time.

    The database knows the last slot that it was given, as the only row of the table: were the file an older
    one, a value whose key is lost and one that comes would else share a slot, and go together.
    """

    def __init__(self, connection: Connection, file: SlotFile) -> None:
        self._connection, self._file = connection, file
        self.read, self.all = file.read, file.all
        self.replace, self.destroy = file.replace, file.destroy
        self._last: int | None = None

    def add(self, wrapped: bytes) -> int:
        last = self._connection.scalar(select(DataKeyRow.slot)) if self._last is None else self._last
        self._last = self._file.append(wrapped, highest_used(self._connection) if last is None else last)
        return self._last

    def settle(self) -> None:
        if self._last is not None:
            self._connection.execute(delete(DataKeyRow))
            self._connection.execute(insert(DataKeyRow).values(slot=self._last, wrapped=b""))


def columns(connection: Connection, worker_id: int | None = None) -> Iterator[tuple[type[Base], Any, Any]]:
    """(table, column, condition) of all that may be encrypted, of a worker if one is named, as far as the
    schema has it: an older one is read before it is upgraded."""
    inspector = inspect(connection)
    tables = {*inspector.get_table_names()}
    for table, names in ENCRYPTED.items():
        name = table.__tablename__
        there = {column["name"] for column in inspector.get_columns(name)} if name in tables else set()
        whose = true() if worker_id is None else _is_of(table, worker_id)
        yield from ((table, table.__table__.c[name], whose) for name in names if name in there)


def _is_of(table: type[Base], worker_id: int) -> ColumnElement[bool]:
    return false() if table not in _OWNER else table.__table__.c[_OWNER[table]] == worker_id


def used(connection: Connection) -> Iterator[int]:
    """The slots of all that is encrypted."""
    for _, column, _ in columns(connection):
        sealed = select(func.substr(column, 1, HEAD)).where(is_sealed_in(column))
        result = connection.execute(sealed, execution_options={"yield_per": _AT_ONCE})
        yield from (slot_of(bytes(head)) for head in result.scalars())


def is_sealed_in(column: Any) -> ColumnElement[bool]:  # noqa: ANN401  # a column of bytes
    """As `values.is_sealed`, in SQL."""
    return func.substr(column, 1, len(MAGIC)) == MAGIC


def highest_used(connection: Connection) -> int:
    """The highest slot of all that is encrypted, 0 without any; looks at every value."""
    return max(used(connection), default=0)


class InTable:
    """`DataKeys` in the table, as part of the transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, wrapped: bytes) -> int:
        key = self._connection.execute(insert(DataKeyRow).values(wrapped=wrapped)).inserted_primary_key
        return int(key[0])  # type: ignore[index]  # it is None only after many rows at once

    def settle(self) -> None:
        """They are rows like others."""

    def read(self, slots: Iterable[int]) -> Mapping[int, bytes]:
        wanted, keys = sorted(set(slots)), dict[int, bytes]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = {"slots": wanted[start : start + _AT_ONCE]}
            keys.update((row.slot, row.wrapped) for row in self._connection.execute(_KEYS_IN, some))
        return keys

    def all(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        while True:
            some = _KEYS.where(DataKeyRow.slot > after)
            rows = self._connection.execute(some.order_by(DataKeyRow.slot).limit(_AT_ONCE)).all()
            yield from ((row.slot, row.wrapped) for row in rows)
            if not rows:
                return
            after = rows[-1].slot

    def replace(self, keys: Mapping[int, bytes]) -> None:
        rows = [{"of": slot, "made": wrapped} for slot, wrapped in keys.items()]
        if rows:
            chosen = update(_ROWS).where(_ROWS.c.slot == bindparam("of"))
            self._connection.execute(chosen.values(wrapped=bindparam("made")), rows)

    def destroy(self, slots: Iterable[int]) -> None:
        gone = sorted(set(slots))
        for start in range(0, len(gone), _AT_ONCE):
            chosen = DataKeyRow.slot.in_(gone[start : start + _AT_ONCE])
            self._connection.execute(delete(DataKeyRow).where(chosen))
