"""How keys come and go with a transaction of SQLite, whose file of keys knows of none.

A new key is on the disk before what it encrypts is committed. A key goes after what it encrypts went: which
slots those are is written down with it, so that a start finishes what a process that was killed did not. The
other way round a commit that fails would leave somebody whose face nobody can read any more.

Whoever deletes or replaces an encrypted value need not think of its key: triggers of this connection do,
for rows too that go with others. With PostgreSQL the keys are rows, and triggers of the database delete them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, insert, select

from facevec.errors import RegistryError
from facevec.events import Events
from facevec.registry.encryption.datakeys import ENCRYPTED, DataKeys, file_of
from facevec.registry.encryption.slots import SlotFile
from facevec.registry.encryption.values import HEAD, MAGIC, slot_of
from facevec.registry.encryption.wrapping import RegistryKey
from facevec.registry.failures import explained
from facevec.registry.tables import GoingKeyRow, StateRow

_TURN = "facevec_turn"
_KEY_SET = select(StateRow.key_set)
_HAS_KEYS = "SELECT 1 FROM pragma_table_info('state') WHERE name = 'key_set'"

logger = Events()


@dataclass(frozen=True, slots=True)
class Sealing:
    """What the values of one transaction are encrypted with. under: wraps their keys, which go to `keys`."""

    under: RegistryKey
    keys: DataKeys


class Turn:
    """What a transaction does to the keys in `file`; nothing where there is none."""

    def __init__(self, file: SlotFile | None) -> None:
        self._file = file
        self.sealing: Sealing | None = None
        self._made: list[int] = []
        self._going: set[int] = set()

    def made(self, slot: int) -> None:
        """This transaction encrypts something under the key in `slot`."""
        self._made.append(slot)

    def let_go(self, head: bytes) -> None:
        """Called by SQLite, with the beginning of a value that is gone."""
        self._going.add(slot_of(head))

    def settle(self, connection: Connection) -> None:
        """Before the commit."""
        if self.sealing is not None:
            self.sealing.keys.settle()
        if self._file is not None and self._made:
            self._file.sync()
        if self._going and key_set_of(connection) is not None:
            connection.execute(insert(GoingKeyRow), [{"slot": slot} for slot in sorted(self._going)])

    def abandon(self) -> None:
        """Instead of the commit."""
        if self._file is not None and self._made:
            with suppress(RegistryError):
                self._file.destroy(self._made)

    def finish(self) -> None:
        """After the commit."""
        if self._file is not None and self._going:
            try:
                self._file.destroy(self._going)
            except RegistryError as error:
                _not_destroyed(error)


def key_set_of(connection: Connection) -> str | None:
    """Which keys encrypt; None where nothing is to be encrypted."""
    return connection.scalar(_KEY_SET)


def turn_of(connection: Connection) -> Turn:
    """That of the transaction, which writes."""
    turn: Turn = connection.info[_TURN]
    return turn


@contextmanager
def keys_follow(transaction: AbstractContextManager[Connection]) -> Iterator[Connection]:
    """The writing transaction, with the keys of what it writes and deletes."""
    with transaction as connection:
        turn = _begin(connection)
        info = connection.info
        info[_TURN] = turn
        try:
            yield connection
            turn.settle(connection)
        except BaseException:
            turn.abandon()
            raise
        finally:
            info.pop(_TURN, None)  # the connection may be lost by now
    turn.finish()


def finish_destroying(engine: Engine) -> None:
    """Destroy the keys that a process which was killed has left; what keeps it from that is logged."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with explained(engine):
            with engine.connect() as connection:
                left = connection.scalar(select(GoingKeyRow.slot).limit(1))
            if left is not None:
                with keys_follow(engine.execution_options(sqlite_begin="IMMEDIATE").begin()):
                    """Beginning is all it takes."""
    except RegistryError as error:
        _not_destroyed(error)


def _not_destroyed(error: RegistryError) -> None:
    logger.error("keys_not_destroyed", reason=str(error), instead="done at the next change")


def _begin(connection: Connection) -> Turn:
    if connection.dialect.name != "sqlite" or not connection.exec_driver_sql(_HAS_KEYS).first():
        return Turn(None)
    key_set = key_set_of(connection)
    file = None if key_set is None else file_of(connection, key_set)
    turn = Turn(file)
    if file is not None:
        _destroy_left(connection, file)
        _watch(connection, turn)
    return turn


def _destroy_left(connection: Connection, file: SlotFile) -> None:
    """Whoever comes to remove somebody else does not wait for it."""
    left = connection.scalars(select(GoingKeyRow.slot)).all()
    if left:
        try:
            file.destroy(left)
        except RegistryError as error:
            _not_destroyed(error)
        else:
            connection.execute(delete(GoingKeyRow))


def _watch(connection: Connection, turn: Turn) -> None:
    """Have `turn` told of every encrypted value that is deleted or replaced."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.create_function("facevec_let_go", 1, turn.let_go)
    for table, columns in ENCRYPTED.items():
        name = table.__tablename__
        there = {row[0] for row in driver.execute("SELECT name FROM pragma_table_info(?)", (name,))}
        for column in there.intersection(columns):  # an older schema is upgraded here, too
            head = f"substr(old.{column}, 1, {HEAD})"
            sealed = f"substr(old.{column}, 1, {len(MAGIC)}) = x'{MAGIC.hex()}'"
            other = f"{sealed} AND {head} IS NOT substr(new.{column}, 1, {HEAD})"
            for event, when in (("DELETE", sealed), (f"UPDATE OF {column}", other)):
                driver.execute(
                    f"CREATE TEMP TRIGGER IF NOT EXISTS facevec_{name}_{column}_{event[:6].lower()} "
                    f"AFTER {event} ON main.{name} WHEN {when} BEGIN SELECT facevec_let_go({head}); END"
                )
