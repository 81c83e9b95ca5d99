"""What a database says when it fails, put into one sentence that a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from facevec.errors import DiskFull, RegistryBusy, RegistryError

# SQLite's own texts: its result codes have no names before Python 3.11.
_SQLITE: tuple[tuple[str, type[RegistryError], str], ...] = (
    ("is locked", RegistryBusy, "is busy: another process is writing to it; try again in a moment"),
    (
        "not a database",
        RegistryError,
        "is not a facevec database (nor any SQLite one); name another file, or restore it from a backup",
    ),
    ("malformed", RegistryError, "is damaged; restore it from a backup"),
    ("readonly", RegistryError, "cannot be written; check the permissions of the file and its folder"),
    ("unable to open", RegistryError, "cannot be opened; check the path and the permissions of its folder"),
    ("is full", DiskFull, "cannot grow: the disk is full; free some space, nothing was written"),
    ("disk I/O error", RegistryError, "cannot be read or written: the disk reports an error"),
    ("no such table", RegistryError, "holds no registry of this schema; run `facevec db check`"),
    ("no such column", RegistryError, "holds no registry of this schema; run `facevec db check`"),
)

# A refused connection has a text only.
_CONNECTING: tuple[tuple[str, type[RegistryError], str], ...] = (
    ("authentication failed", RegistryError, "refuses this user or password; check the database URL"),
    ("no password supplied", RegistryError, "wants a password; put one into the database URL"),
    ("does not exist", RegistryError, "or its user does not exist; create it first (`createdb`)"),
    ("too many clients", RegistryBusy, "takes no more connections; try again in a moment"),
    ("starting up", RegistryBusy, "is starting; try again in a moment"),
    ("", RegistryError, "does not answer; check that the server runs and that the database URL is right"),
)

# PostgreSQL's SQLSTATE codes or their classes (PostgreSQL documentation, appendix A), the narrower first.
_POSTGRES: tuple[tuple[str, type[RegistryError], str], ...] = (
    ("40", RegistryBusy, "is busy: two changes collided; try again"),
    ("55P03", RegistryBusy, "is busy: another process is writing to it; try again in a moment"),
    ("57014", RegistryBusy, "took too long to answer; try again in a moment"),
    ("57P", RegistryBusy, "is stopping or starting; try again in a moment"),
    ("53300", RegistryBusy, "takes no more connections; try again in a moment"),
    ("53100", DiskFull, "cannot grow: the server's disk is full; nothing was written"),
    ("28", RegistryError, "refuses this user or password; check the database URL"),
    ("3D", RegistryError, "does not exist on the server; create it first (`createdb`)"),
    ("42501", RegistryError, "does not allow this user to do that; grant it the rights on its schema"),
    ("42P01", RegistryError, "holds no registry of this schema; run `facevec db check`"),
    ("42703", RegistryError, "holds no registry of this schema; run `facevec db check`"),
    ("25006", RegistryError, "is read-only; use the primary server"),
)


def place(url: URL) -> str:
    """Where the registry is, as it may be shown: never with a password or a query part."""
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    where = f" at {url.host}" if url.host else ""
    return f"The PostgreSQL database {url.database}{where}"


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn what SQLAlchemy raises inside the block into RegistryError or RegistryBusy."""
    where = place(engine.url)
    try:
        yield
    except DBAPIError as error:
        raise _explain(error, where) from error
    except PoolTimeout as error:
        raise RegistryBusy(f"{where} has no free connection; try again in a moment.") from error
    except SQLAlchemyError as error:
        raise RegistryError(f"{where} could not carry this out ({type(error).__name__}).") from error
    except (ValueError, TypeError) as error:  # what a column holds is none of its values
        raise RegistryError(
            f"{where} holds something that cannot be read ({type(error).__name__}); run `facevec db check` "
            "and `facevec integrity check`, and restore it from a backup."
        ) from error


def _explain(error: DBAPIError, where: str) -> RegistryError:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        for prefix, kind, sentence in _POSTGRES:
            if state.startswith(prefix):
                return kind(f"{where} {sentence}.")
        return RegistryError(f"{where} refused this (SQLSTATE {state}).")
    text = str(error.orig)
    known = _SQLITE if isinstance(error.orig, sqlite3.Error) else _CONNECTING
    for fragment, kind, sentence in known:
        if fragment in text:
            return kind(f"{where} {sentence}.")
    return RegistryError(f"{where} could not carry this out ({type(error.orig).__name__}).")
