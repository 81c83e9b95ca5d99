"""Opening the registry's database, and the two kinds of transaction that use it."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event

from facevec.errors import ExtraMissing, RegistryError
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, locks_hold
from facevec.integrity import IntegrityKey
from facevec.registry import watch
from facevec.registry.address import database_url, sqlite_file
from facevec.registry.encryption.keyring import KEYRING, Keyring, MasterKeyOf
from facevec.registry.encryption.turn import keys_follow
from facevec.registry.failures import explained

BUSY_SECONDS = 15.0

INTEGRITY_KEY = "facevec_integrity_key"
"""The option of every connection that holds the integrity key."""

_FOREIGN_KEYS = "sqlite_foreign_keys"
"""The option of a transaction that has them off, and what a connection has."""

_CONNECT_SECONDS = 5

# Rollback journal with every version of SQLite: WAL can lose commits before 3.51.3, and it keeps
# the bytes of removed templates until a checkpoint. EXTRA is FULL plus an fsync of the folder after
# the journal is deleted: a removal that was acknowledged survives a power cut.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = DELETE",
    "PRAGMA synchronous = EXTRA",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
)


def open_engine(
    url: URL | str,
    *,
    key: IntegrityKey | None = None,
    master: MasterKeyOf | None = None,
    busy_seconds: float = BUSY_SECONDS,
) -> Engine:
    """An engine for the database at `url`, see `address`; connects on first use.

    key: what rows that decide are marked and held against; without it none can be read or written.
    master: what encrypted values are read and written with, asked for when the first one is.

    A SQLite file that is not there is created for its owner only (0600), its folder too (0700).
    busy_seconds: how long a transaction waits for another one before RegistryBusy.
    Raises RegistryError for a URL or file that cannot be used, ExtraMissing without psycopg.
    """
    if isinstance(url, str):
        url = database_url(url)
    file = sqlite_file(url)
    engine = _open_postgres(url, busy_seconds) if file is None else _open_sqlite(url, file, busy_seconds)
    engine.update_execution_options(**{INTEGRITY_KEY: key, KEYRING: Keyring(master)})
    return engine


def open_in_memory(key: IntegrityKey) -> Engine:
    """An engine for an empty SQLite database that never touches a disk; for one thread."""
    engine = create_engine("sqlite://", poolclass=StaticPool, hide_parameters=True)
    _listen(engine)
    engine.update_execution_options(**{INTEGRITY_KEY: key})
    return engine


def would_be_created(url: URL | str) -> bool:
    """Whether `url` names a SQLite file that is not there. Raises RegistryError as `open_engine`."""
    file = sqlite_file(database_url(url) if isinstance(url, str) else url)
    if file is None:
        return False
    try:
        file.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        pass  # opening it says what is wrong
    return False


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction in which every query sees the same state of the registry."""
    with explained(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write; commits when the block ends, leaves nothing when it raises.

    SQLite takes its write lock at the start. On PostgreSQL the caller updates the state row
    first, which makes later writers wait for this one.
    """
    transaction = engine.execution_options(sqlite_begin="IMMEDIATE").begin()
    with explained(engine), keys_follow(transaction) as connection:
        yield connection


@contextmanager
def reshaping(engine: Engine) -> Iterator[Connection]:
    """A writing transaction for changes of the schema.

    SQLite alters a table by copying it and dropping the old one; with foreign keys on, that
    deletes every row that points to it. They are off here and checked before the commit.
    Raises RegistryError when a row would point nowhere; nothing is changed then.
    """
    with writing(engine.execution_options(**{_FOREIGN_KEYS: "OFF"})) as connection:
        yield connection
        if engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RegistryError(
                "The change of schema would leave rows that point nowhere; nothing was changed."
            )


def _open_sqlite(url: URL, file: Path, busy_seconds: float) -> Engine:
    _create_private_file(file)
    if not locks_hold(file.parent):
        raise RegistryError(
            f"Locks in {file.parent} do nothing, as on some network file systems: two processes would write "
            "over each other. Put the database on a disk of this machine, or use PostgreSQL."
        )
    engine = create_engine(url, creator=lambda: watch.connect(file, busy_seconds), hide_parameters=True)
    _listen(engine)
    watch.watch(engine, file)
    return engine


def _listen(engine: Engine) -> None:
    # SQLAlchemy's own manner of taking over transactions from sqlite3 ("Pysqlite: serializable
    # isolation, savepoints, transactional DDL" in its SQLite dialect's documentation).
    event.listen(engine, "connect", _prepare_sqlite_connection)
    event.listen(engine, "begin", _begin_sqlite)


def _create_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if path.is_symlink() and not path.exists():
            # It leads, say, to a disk that is not mounted: nobody would be enrolled in a new file there.
            raise RegistryError(f"The database {path} is a link that leads nowhere; mend or remove it.")
        handle = _opened(path)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise RegistryError(f"The database {path} is no file; name another.")
        finally:
            os.close(handle)
    except OSError as error:
        raise RegistryError(
            f"The database {path} cannot be opened for writing ({error.strerror}); "
            "check the path and the permissions of its folder."
        ) from error


def _opened(path: Path) -> int:
    """One that is there need not be writable: it can still be read."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not path.exists():
            raise
        return os.open(path, os.O_RDONLY)


def _prepare_sqlite_connection(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for pragma in _SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    wanted = options.get(_FOREIGN_KEYS, "ON")
    if connection.info.get(_FOREIGN_KEYS, "ON") != wanted:
        # Only outside a transaction can they be switched.
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {wanted}")
        connection.info[_FOREIGN_KEYS] = wanted
    connection.exec_driver_sql(f"BEGIN {options.get('sqlite_begin', 'DEFERRED')}")


def _open_postgres(url: URL, busy_seconds: float) -> Engine:
    options: dict[str, Any] = {
        "connect_timeout": _CONNECT_SECONDS,
        "options": f"-c lock_timeout={int(busy_seconds * 1000)} -c timezone=UTC",
    }
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=options,
            hide_parameters=True,
            pool_pre_ping=True,
        )
    except ImportError as error:
        raise ExtraMissing(
            "PostgreSQL needs an optional package; install it with: pip install 'facevec[postgres]'"
        ) from error
