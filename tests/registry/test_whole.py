"""A registry as a whole: what is read from one database is in another, of whichever engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facevec.registry import marks, soundness, whole
from facevec.registry.engine import reading, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import Consent, DistinctFrom
from tests.registry.conftest import CONTRACT
from tests.registry.photos import photo

CONSENT = Consent("v1", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc), emotion=True)


def copy(source: Engine, target: Engine) -> None:
    with reading(source) as reader, writing(target) as writer:
        into = {table.name: table for table in whole.tables(writer)}
        for table in reversed(into.values()):
            writer.execute(table.delete())
        tables = whole.tables(reader)
        for table in tables:
            for block in whole.read(reader, table):
                whole.write(writer, into, block)
        whole.count_from(writer, tuple(into.values()), whole.last_ids(reader, tables))


@pytest.fixture
def filled(registry: SqlRegistry) -> SqlRegistry:
    registry.add_worker("Ana", "E-1", CONSENT, [photo(1), photo(2, pixels=b"\x00\xff" * 500)])
    registry.add_worker("Ben", None, None, [photo(3)], DistinctFrom((1,), "user:x"))
    registry.add_worker("Eve", None, None, [photo(4)])
    registry.remove_worker(3)
    return registry


@pytest.fixture
def other(tmp_path: Path, opened: Callable[..., Engine]) -> Engine:
    engine = opened(f"sqlite:///{tmp_path / 'other.db'}")
    prepare(engine)
    return engine


def test_all_of_it_is_in_the_copy_marks_and_history_too(
    filled: SqlRegistry, engine: Engine, other: Engine
) -> None:
    copy(engine, other)
    copied = SqlRegistry(other)
    assert copied.list_workers() == filled.list_workers()
    assert copied.position() == filled.position()
    assert copied.photos(1) == filled.photos(1)
    with reading(other) as connection:
        assert soundness.faults(connection) == ()
        assert not any(rows.refused for rows in marks.survey(connection))


def test_no_number_is_given_twice_and_back_again_it_is_the_same(
    filled: SqlRegistry, engine: Engine, other: Engine
) -> None:
    copy(engine, other)
    copied = SqlRegistry(other)
    assert copied.add_worker("Zoe", None, None, [photo(9)]).id == 4
    copy(other, engine)
    assert filled.list_workers() == copied.list_workers()
    assert filled.templates(CONTRACT)[1].vectors.tobytes() == copied.templates(CONTRACT)[1].vectors.tobytes()
    assert filled.add_worker("Yan", None, None, [photo(10)]).id == 5


def test_photos_that_are_kept_are_read_a_few_at_a_time(
    filled: SqlRegistry, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "BYTES_A_BLOCK", 1500)
    with reading(engine) as connection:
        photos = next(table for table in whole.tables(connection) if table.name == "photos")
        assert [len(block.rows) for block in whole.read(connection, photos)] == [1, 1, 1]


def test_a_database_is_read_as_it_is_now_whatever_was_read_before(engine: Engine, other: Engine) -> None:
    def columns(of: Engine) -> dict[str, list[str]]:
        with reading(of) as connection:
            return {table.name: table.columns.keys() for table in whole.tables(connection)}

    before = columns(engine)
    assert columns(other) == before == columns(other)
    with writing(other) as connection:
        connection.exec_driver_sql("ALTER TABLE workers ADD COLUMN hat_size INTEGER")
    changed = {**before, "workers": [*before["workers"], "hat_size"]}
    assert (columns(other), columns(engine), columns(other)) == (changed, before, changed)


def test_an_sqlite_database_is_described_once(other: Engine) -> None:
    with reading(other) as connection, reading(other) as another:
        assert whole.tables(connection) is whole.tables(connection) is whole.tables(another)
