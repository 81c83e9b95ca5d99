"""Where a registry lies for as long as it is copied or tried: beside the database, and gone afterwards."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, event, text

from facevec.errors import OutputUnwritable, RegistryBusy
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, sync_file
from facevec.integrity import IntegrityKey
from facevec.registry.address import sqlite_file, sqlite_url
from facevec.registry.encryption import carrying
from facevec.registry.engine import open_engine, reading
from facevec.registry.failures import explained

_PREFIX, _LOCK = ".facevec-scratch-", ".facevec-scratch.lock"


@contextmanager
def scratch(within: Path) -> Iterator[Path]:
    """A folder in the folder `within` for its owner alone; what one that was killed has left there goes
    first.

    Raises RegistryBusy while another one is used, OutputUnwritable where none can be made.
    """
    lock = FileLock(within / _LOCK, timeout=0, mode=OWNER_ONLY)
    try:
        within.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise RegistryBusy(
            f"Another backup, restore or upgrade works in {within}; try again when it has ended."
        ) from error
    except OSError as error:
        raise _unwritable(within, error) from error
    with lock:
        _sweep(within)
        folder = within / f"{_PREFIX}{secrets.token_hex(8)}"
        try:
            folder.mkdir(mode=PRIVATE_FOLDER)
        except OSError as error:
            raise _unwritable(within, error) from error
        try:
            yield folder
        finally:
            _remove(folder)


def _unwritable(folder: Path, error: OSError) -> OutputUnwritable:
    return OutputUnwritable(f"Nothing can be written in {folder}: {error.strerror or error}.")


def sweep(within: Path) -> None:
    """Delete what one that was killed has left, unless one is used now. Never raises."""
    if any(within.glob(f"{_PREFIX}*")):
        try:
            with FileLock(within / _LOCK, timeout=0, mode=OWNER_ONLY):
                _sweep(within)
        except (OSError, Timeout):
            return


def _sweep(within: Path) -> None:
    for left in within.glob(f"{_PREFIX}*"):
        _remove(left)


def _remove(folder: Path) -> None:
    for database in folder.glob("*.db"):
        carrying.destroy_beside(database)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def snapshot(engine: Engine, folder: Path) -> Iterator[Connection]:
    """A transaction over the registry as it is now, which keeps no writer waiting.

    A SQLite database is copied into `folder` first, in one go: writers wait for the copy, and for nothing
    that is done with it. Raises RegistryError.
    """
    if sqlite_file(engine.url) is None:
        with reading(engine) as connection:
            yield connection
        return
    copy = folder / "snapshot.db"
    with explained(engine):
        _copy(engine, copy)
    copied = open_engine(sqlite_url(copy))
    try:
        with reading(copied) as connection:
            yield connection
    finally:
        copied.dispose()
        carrying.destroy_beside(copy)
        copy.unlink(missing_ok=True)


@contextmanager
def passing_engine(file: Path, key: IntegrityKey) -> Iterator[Engine]:
    """A new SQLite database that is worth nothing until it is whole: it is on the disk at the end only."""
    engine = open_engine(sqlite_url(file), key=key)
    event.listen(engine, "connect", _without_a_journal)
    try:
        yield engine
    finally:
        engine.dispose()
    try:
        sync_file(file)
    except OSError as error:
        raise _unwritable(file.parent, error) from error


def _without_a_journal(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")


def _copy(engine: Engine, copy: Path) -> None:
    try:
        copy.touch(OWNER_ONLY)
    except OSError as error:
        raise _unwritable(copy.parent, error) from error
    with engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM sqlite_master"))  # nobody commits from here on
        carrying.copy(connection, copy)
        source = connection.connection.driver_connection
        assert isinstance(source, sqlite3.Connection)
        target = sqlite3.connect(copy)
        try:
            # In memory: a rollback journal that follows a kill is nobody's.
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("PRAGMA synchronous = OFF")
            source.backup(target)
        except sqlite3.Error as error:
            raise OutputUnwritable(f"The registry cannot be copied into {copy.parent}: {error}.") from error
        finally:
            target.close()
