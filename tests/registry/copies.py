"""Databases of which copies are kept and put back underneath whoever uses them, as an operator would."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Protocol

from sqlalchemy import text

from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.integrity import KEY
from tests.registry.conftest import CONTRACT, MODEL, administering

_numbers = itertools.count()


class Database(Protocol):
    """One that stays where it is, whatever is put there. url: its address."""

    url: str

    def keep(self) -> str:
        """Copy it as it stands; the copy's name."""
        ...

    def put_back(self, copy: str, *, moved: bool) -> None:
        """Have it be what `copy` is. moved: as another file, where it is a file; else byte over byte."""
        ...

    def drop(self, copy: str) -> None:
        """Keep it no longer."""
        ...


class SqliteFile:
    """A database that is a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "facevec.db"
        self.url = f"sqlite:///{self._file}"

    def keep(self) -> str:
        name = f"copy-{next(_numbers)}"
        shutil.copyfile(self._file, self._folder / name)
        return name

    def put_back(self, copy: str, *, moved: bool) -> None:
        if moved:
            shutil.copyfile(self._folder / copy, self._folder / "successor")
            (self._folder / "successor").replace(self._file)
        else:
            shutil.copyfile(self._folder / copy, self._file)

    def drop(self, copy: str) -> None:
        (self._folder / copy).unlink()


class PostgresDatabase:
    """A database of a server, whose administrator it is."""

    def __init__(self, server: str, url: str) -> None:
        self._server, self.url = server, url
        self._name = url.partition("?")[0].rpartition("/")[2]

    def keep(self) -> str:
        name = f"{self._name}_copy_{next(_numbers)}"
        self._make(name, self._name)
        return name

    def put_back(self, copy: str, *, moved: bool) -> None:
        self.drop(self._name)
        self._make(self._name, copy)

    def drop(self, copy: str) -> None:
        with administering(self._server) as connection:
            connection.execute(text(f"DROP DATABASE {copy} WITH (FORCE)"))

    def _make(self, name: str, template: str) -> None:
        """Nobody may be connected to a template: whoever is, is sent away."""
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        with administering(self._server) as connection:
            connection.execute(text(others), {"name": template})
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))


def begin(database: Database) -> str:
    """An empty registry of `MODEL` in an empty database; the name of a copy of it."""
    engine = open_engine(database.url, key=KEY)
    prepare(engine)
    SqlRegistry(engine).claim_model(MODEL, CONTRACT)
    engine.dispose()
    return database.keep()
