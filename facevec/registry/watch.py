"""A SQLite file that changes underneath: no connection outlives a change of it that is not its own.

SQLite keeps pages in memory between transactions and takes them for the file's as long as its change counter
is the same, which that of another copy may be: they would be answered from, and written into it. And a file
that was moved away is read and written on, where nobody looks.

The file itself must not be opened here: closing it would take away the locks that SQLite has on it.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from facevec.errors import RegistryError

_SETTLED_NS = 2_000_000_000
"""Two changes of a file that are this near to each other may have the same times."""

_SEEN, _NEW = "facevec_seen", "facevec_new"

Stamp = tuple[int, ...]


def connect(file: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection to the file, which must be there. Raises RegistryError where it is not."""
    if not file.exists():
        raise RegistryError(f"The database {file} is not there any more; put it back, or name another.")
    address = f"{file.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=busy_seconds, check_same_thread=False)


def watch(engine: Engine, file: Path) -> None:
    """Have each transaction of `engine` begin on a connection that knows `file` as it is."""

    def is_new(_connection: object, record: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        record.info[_NEW] = True

    def require_known(_connection: object, record: Any, _proxy: object) -> None:  # noqa: ANN401
        stamp = _stamp(file)
        if not record.info.pop(_NEW, False) and (stamp is None or record.info.get(_SEEN) != stamp):
            raise DisconnectionError("the file was changed by somebody else, or by this connection itself")
        record.info[_SEEN] = stamp if stamp is not None and _is_settled(stamp) else None

    event.listen(engine, "connect", is_new)
    event.listen(engine, "checkout", require_known)


def _stamp(file: Path) -> Stamp | None:
    try:
        status = os.stat(file)  # noqa: PTH116  # in every transaction
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _is_settled(stamp: Stamp) -> bool:
    """Whether a later change would be seen in the file's times, whatever the clock of its disk shows."""
    return abs(time.time_ns() - max(stamp[3:])) > _SETTLED_NS
