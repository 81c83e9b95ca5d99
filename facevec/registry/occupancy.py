"""Who has the registry open, so that nobody puts another one in its place meanwhile.

A SQLite database has a file beside it that whoever uses it holds a shared lock on, as long as they live. On
PostgreSQL the server knows who is connected. Where there are no such locks (Windows) or no file can be made
(a read-only home) nobody is told.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from facevec.errors import RegistryBusy, RestoreRefused
from facevec.files import OWNER_ONLY
from facevec.registry.address import sqlite_file

_SUFFIX = "-use"

_TRIES, _BETWEEN_TRIES = 10, 0.2
"""The server takes a moment to notice, in seconds, that whoever was connected has gone."""

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class Occupancy:
    """That this process uses the database of `engine`, until it is closed or dies."""

    def __init__(self, engine: Engine) -> None:
        """Raises RegistryBusy while a backup is restored there."""
        database = sqlite_file(engine.url)
        self._lock = None if database is None else _locked(database, shared=True)
        if self._lock is _REFUSED:
            raise RegistryBusy(f"A backup is being restored to {database}; try again when that has ended.")

    def close(self) -> None:
        """Others may have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


@contextmanager
def alone_with(database: Path) -> Iterator[None]:
    """Nobody else uses the SQLite file meanwhile, which need not be there. Raises RestoreRefused."""
    lock = _locked(database, shared=False)
    if lock is _REFUSED:
        raise RestoreRefused(
            f"The database {database} is in use: stop the service, and commands that run, then restore."
        )
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def require_alone(connection: Connection) -> None:
    """Raises RestoreRefused where others are connected to the PostgreSQL database, and stay."""
    for _ in range(_TRIES):
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))  # else it is as when it was asked first
        others = connection.scalar(_OTHERS)
        if not others:
            return
        time.sleep(_BETWEEN_TRIES)
    raise RestoreRefused(
        f"{others} other connections use the database: stop the services on every machine, then restore."
    )


_REFUSED = -1


def _locked(database: Path, *, shared: bool) -> int | None:
    """The handle that holds the lock; `_REFUSED` where others do, None where nothing can be locked."""
    try:
        import fcntl
    except ImportError:
        return None
    try:
        handle = os.open(database.with_name(f"{database.name}{_SUFFIX}"), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return _REFUSED
    except OSError:
        os.close(handle)
        return None
    return handle
