"""The URL of a registry: made from a path, or read from what somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from facevec.errors import RegistryError

_SQLITE = re.compile(r"sqlite(\+\w+)?:", re.IGNORECASE)
_SQLITE_FILE = re.compile(r"[^:]+:///(?P<path>[^?]+)", re.DOTALL)

_COMPANIONS = ("-journal", "-wal", "-shm")
"""Of whichever manner of writing a database was left in; facevec's own has the first only."""

# What PostgreSQL's client reads from files that the URL names.
_POSTGRES_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "passfile")
_NO_FILE = ("system",)  # sslrootcert=system: the certificates that the system trusts


def sqlite_url(file: Path) -> URL:
    """The URL of a SQLite file, whatever its name: pasted into text, a ? or % in it would mean something."""
    return URL.create("sqlite+pysqlite", database=str(file))


def database_url(text: str, locate: Callable[[str], Path] = Path) -> URL:
    """The URL that somebody wrote as `sqlite:///PATH` or `postgresql://…`.

    locate: says where a path in it lies. A path of SQLite may hold percent escapes, and no parameters.
    Raises RegistryError, which never repeats what was written: it may hold a password.
    """
    if _SQLITE.match(text):
        return sqlite_url(locate(_sqlite_path(text)))
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise RegistryError(
            "The database URL cannot be read; write sqlite:///PATH or postgresql://USER@HOST/DATABASE."
        ) from None
    if backend not in ("postgresql", "postgres"):
        raise RegistryError(f"A {backend} database is not supported; use SQLite or PostgreSQL.")
    if "@" in (url.host or ""):
        raise RegistryError("The password in the database URL holds a @; write it as %40.")
    files = {
        name: str(locate(path))
        for name, path in url.query.items()
        if name in _POSTGRES_FILES and isinstance(path, str) and path not in _NO_FILE
    }
    return url.update_query_dict(files)


def sqlite_file(url: URL) -> Path | None:
    """The file that `url` names; None for another database."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def companions(file: Path) -> tuple[Path, ...]:
    """The files beside a SQLite database that hold what is not in it yet, or not any more."""
    return tuple(file.with_name(f"{file.name}{suffix}") for suffix in _COMPANIONS)


def _sqlite_path(text: str) -> str:
    """The path in it, read alike under every SQLAlchemy: 2.0 takes escapes as they stand, 2.1 does not."""
    match = _SQLITE_FILE.match(text)
    path = unquote(match["path"], errors="surrogateescape") if match else ""
    if match is None or path == ":memory:" or path.startswith("file:"):
        raise RegistryError("The registry must be a file; write the database URL as sqlite:///PATH.")
    if match.end() < len(text):
        raise RegistryError(
            "The database URL holds a ?, and SQLite takes no parameters here; write sqlite:///PATH, "
            "and a ? in the path as %3F."
        )
    return path
