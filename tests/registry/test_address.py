"""URLs of registries: any name of a file, and what cannot be one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from facevec.errors import RegistryError
from facevec.registry.address import database_url, sqlite_file, sqlite_url
from facevec.registry.schema import head, look, prepare

NAMES = [
    "site?north",
    "site#north",
    "100%",
    "a%20b%3Fc",
    "a&b=c;d",
    " a b ",
    "a:b@c",
    "-rf",
    "~me",
    "file:x",
    ":memory:",
    "[x]*",
    "a'b\"c\\d",
    "two\nlines",
    "Ñandú 東京 🦊",
    os.fsdecode(b"caf\xe9"),
]


@pytest.mark.parametrize("name", NAMES)
def test_the_database_is_the_file_of_that_name(
    tmp_path: Path, opened: Callable[..., Engine], name: str
) -> None:
    file = tmp_path / name / name
    url = sqlite_url(file)
    assert sqlite_file(url) == file
    assert look(url).current is None
    assert list(tmp_path.iterdir()) == []
    prepare(opened(url))
    assert look(url).current == head()
    assert list(tmp_path.rglob("*")) == [tmp_path / name, file]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_can_be_written_with_percent_escapes(tmp_path: Path, name: str) -> None:
    text = quote(os.fsencode(tmp_path / name))
    for start in ("sqlite:///", "sqlite+pysqlite:///", "SQLite:///"):
        assert sqlite_file(database_url(start + text)) == tmp_path / name


def test_a_relative_path_lies_where_the_caller_says(tmp_path: Path) -> None:
    url = database_url("sqlite:///a/reg.db", lambda path: tmp_path / path)
    assert sqlite_file(url) == tmp_path / "a" / "reg.db"


@pytest.mark.parametrize(
    "text",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://:memory:",
        "sqlite:///file:reg.db",
        "sqlite:///file:reg.db?uri=true",
        "sqlite:///file::memory:?cache=shared&uri=true",
        "sqlite:reg.db",
        "sqlite:/reg.db",
        "sqlite://folder/reg.db",
        "sqlite://me@host/reg.db",
    ],
)
def test_what_names_no_file_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match=r"must be a file; write the database URL as sqlite:///PATH\.$"):
        database_url(text)


@pytest.mark.parametrize(
    "text", ["sqlite:////site?north/x.db", "sqlite:///reg.db?mode=ro", "sqlite:///reg.db?"]
)
def test_parameters_of_sqlite_are_refused(text: str) -> None:
    with pytest.raises(RegistryError, match=r"\? in the path as %3F\.$"):
        database_url(text)
