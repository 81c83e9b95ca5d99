"""Opening databases: private files, and one sentence for everything that can be wrong."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from facevec.errors import DiskFull, ExtraMissing, FacevecError, RegistryBusy, RegistryError
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine, reading, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import look, prepare
from tests.registry.photos import photo


def fails(call: Callable[[], object], kind: type[FacevecError] = RegistryError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", ")", "'"))
    return sentence


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_file_and_folder_are_the_owners_alone(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    path = tmp_path / "home" / "facevec.db"
    prepare(opened(f"sqlite:///{path}"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_sqlite_runs_with_the_safe_settings(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'x.db'}", busy_seconds=2)
    expected = {
        "journal_mode": "delete",
        "synchronous": 3,
        "foreign_keys": 1,
        "secure_delete": 1,
        "busy_timeout": 2000,
    }
    with reading(engine) as connection:
        for pragma, value in expected.items():
            assert connection.scalar(text(f"PRAGMA {pragma}")) == value


def test_what_is_no_database_file(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"not a database" * 100)
    assert "not a facevec database" in fails(lambda: prepare(opened(f"sqlite:///{junk}")))
    assert "Is a directory" in fails(lambda: open_engine(f"sqlite:///{tmp_path}"))
    assert "folder" in fails(lambda: open_engine(f"sqlite:///{junk}/facevec.db"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")
def test_what_is_there_and_is_no_file_is_not_taken_for_a_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("fifo", "link", "null"):
        for call in (open_engine, look):
            assert name in fails(lambda call=call, name=name: call(sqlite_url(tmp_path / name)))
    assert not (tmp_path / "nowhere").exists()


def test_a_truncated_database(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    path = tmp_path / "facevec.db"
    engine = opened(f"sqlite:///{path}")
    prepare(engine)
    engine.dispose()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in fails(lambda: SqlRegistry(opened(f"sqlite:///{path}")).list_workers())


def test_a_full_disk_writes_nothing(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    with reading(engine) as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    event.listen(engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {pages + 2}"))
    engine.dispose()
    large = photo(1, pixels=bytes(100_000))
    assert "disk is full" in fails(lambda: registry.add_worker("Ana", None, None, [large]), DiskFull)
    assert registry.list_workers() == ()
    assert registry.state().revision == 0


def test_a_database_that_may_not_be_written(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    prepare(engine)
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA query_only = ON"))
    engine.dispose()
    assert "permissions" in fails(lambda: SqlRegistry(engine).add_worker("Ana", None, None, []))


def test_a_database_held_by_another_process_is_busy(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    path = tmp_path / "facevec.db"
    engine = opened(f"sqlite:///{path}", busy_seconds=0.1)
    prepare(engine)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    registry = SqlRegistry(engine)
    for call in (registry.state, lambda: registry.add_worker("Ana", None, None, [])):
        assert "try again" in fails(call, RegistryBusy)
    holder.close()
    assert registry.add_worker("Ana", None, None, []).id == 1


def test_a_held_postgres_is_busy(postgres_database: str, opened: Callable[..., Engine]) -> None:
    engine = opened(postgres_database, busy_seconds=0.1)
    prepare(engine)
    registry = SqlRegistry(engine)
    with writing(opened(postgres_database)) as connection:
        connection.execute(text("UPDATE state SET revision = revision"))
        assert "try again" in fails(lambda: registry.add_worker("Ana", None, None, []), RegistryBusy)
        assert registry.state().revision == 0
    assert registry.add_worker("Ana", None, None, []).id > 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "facevec.db",
        "mysql://u:s3cret@h/x",
        "postgresql://u:s3cret@h:port/x",
        "postgresql://u:s3@cret@h/x",
        "s3cret",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    sentence = fails(lambda: open_engine(url))
    assert "s3" not in sentence
    assert "cret" not in sentence


def test_a_server_that_does_not_answer_keeps_its_password(opened: Callable[..., Engine]) -> None:
    pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed")
    for url in ("postgresql://u:s3cret@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x?user=u&password=s3cret"):
        sentence = fails(lambda url=url: prepare(opened(url)))
        assert "does not answer" in sentence
        assert "s3cret" not in sentence


def test_a_postgres_database_that_is_not_there(postgres_url: str, opened: Callable[..., Engine]) -> None:
    url = postgres_url.replace("/postgres?", "/nowhere?")
    assert "createdb" in fails(lambda: prepare(opened(url)))


def test_postgres_without_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "facevec[postgres]" in fails(lambda: open_engine("postgresql://h/x"), ExtraMissing)


def test_an_error_shows_no_vector_and_no_name(tmp_path: Path, opened: Callable[..., Engine]) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    with pytest.raises(RegistryError) as caught:
        SqlRegistry(engine).add_worker("Ana", None, None, [photo(1)])
    assert "db check" in str(caught.value)
    assert "Ana" not in str(caught.value.__cause__)
