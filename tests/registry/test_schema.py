"""The schema: made on first use, checked ever after, upgraded all or nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, String, event, inspect, select, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from facevec.errors import RegistryError, SchemaMismatch
from facevec.registry import schema
from facevec.registry.engine import reading, reshaping, writing
from facevec.registry.marks import COVERED
from facevec.registry.repository import SqlRegistry
from facevec.registry.tables import Base
from tests.conftest import ROOT
from tests.registry.photos import photo

Opening = Callable[..., Engine]


def in_words(index: ReflectedIndex) -> dict[str, Any]:
    """What it is restricted to is an object, and equal to no other."""
    options = index.get("dialect_options", {})
    return {**index, "dialect_options": {name: str(value) for name, value in options.items()}}


def described(engine: Engine) -> dict[str, Any]:
    """All that the database says of its tables: columns, keys, indexes and checks."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            "primary": inspector.get_pk_constraint(table),
            "foreign": sorted(inspector.get_foreign_keys(table), key=str),
            "unique": sorted(inspector.get_unique_constraints(table), key=str),
            "indexes": sorted(map(in_words, inspector.get_indexes(table)), key=str),
            "checks": sorted(
                (check["name"], check["sqltext"]) for check in inspector.get_check_constraints(table)
            ),
        }
        for table in inspector.get_table_names()
        if table != schema.VERSION_TABLE
    }


def test_the_models_and_the_migrations_are_the_same(url: str, opened: Opening) -> None:
    engine = opened(url)
    with reshaping(engine) as connection:
        command.upgrade(schema._config(connection), "head")
    migrated = described(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        assert compare_metadata(context, Base.metadata) == []
        if engine.dialect.name == "sqlite":
            ids = "SELECT count(*) FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
            assert connection.scalar(text(ids)) == 6
    with writing(engine) as connection:
        Base.metadata.drop_all(connection)
        Base.metadata.create_all(connection)
    assert described(engine) == migrated


def held(engine: Engine) -> dict[str, Any]:
    """All that a SQLite database holds: what is `described`, and every row."""
    inspector = inspect(engine)
    with reading(engine) as connection:
        rows: dict[str, Any] = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in (*Base.metadata.sorted_tables, schema._VERSIONS)
        }
        names = text("SELECT type, name, tbl_name FROM sqlite_master")
        things = {tuple(row) for row in connection.execute(names)}
        counting = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
        return {
            "rows": rows,
            "things": things,
            "counting": set(connection.execute(counting).scalars()),
            "tables": described(engine),
            "versions": str(inspector.get_columns(schema.VERSION_TABLE)),
            "version": inspector.get_pk_constraint(schema.VERSION_TABLE),
        }


def test_an_empty_sqlite_database_is_given_what_the_migrations_come_to(
    tmp_path: Path, opened: Opening
) -> None:
    migrated, made, another = (opened(f"sqlite:///{tmp_path / name}.db") for name in "abc")
    with reshaping(migrated) as connection:
        command.upgrade(schema._config(connection), "head")
    for engine in (made, another):
        with reshaping(engine) as connection:
            schema.create(connection, schema.head())
    all_of_it, identities = [], set()
    for engine in (migrated, made, another):
        all_of_it.append(held(engine))
        (state,) = all_of_it[-1]["rows"]["state"]
        identities.add(state.pop("registry_id"))
        assert state.pop("digest") in identities
    assert len(identities) == 3
    assert all_of_it[0] == all_of_it[1] == all_of_it[2]


def test_versions_are_what_their_files_are_called(engine: Engine) -> None:
    with reading(engine) as connection:
        scripts = ScriptDirectory.from_config(schema._config(connection))
    assert scripts.get_heads() == [schema.head()]
    assert {script.revision for script in scripts.walk_revisions()} == schema._known()


def test_down_and_up_again(engine: Engine) -> None:
    before = described(engine)
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "base")
    assert described(engine) == {}
    assert schema.check(engine).current is None
    with reshaping(engine) as connection:
        command.upgrade(schema._config(connection), "head")
    assert described(engine) == before
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "base")
    schema.prepare(engine)
    assert described(engine) == before
    assert SqlRegistry(engine).state().revision == 0


def test_an_empty_database_is_set_up_on_first_use(url: str, opened: Opening) -> None:
    engine = opened(url)
    assert schema.check(engine) == schema.SchemaStatus(None, schema.head())
    with pytest.raises(SchemaMismatch, match="facevec db upgrade"):
        schema.require_current(engine)
    schema.prepare(engine)
    schema.require_current(engine)
    schema.prepare(engine)
    assert schema.upgrade(engine).up_to_date


def test_an_upgrade_that_fails_leaves_nothing(url: str, opened: Opening) -> None:
    engine = opened(url)

    def fail(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE state" in statement:
            raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(KeyboardInterrupt):
        schema.upgrade(engine)
    assert inspect(engine).get_table_names() == []
    event.remove(engine, "before_cursor_execute", fail)
    schema.prepare(engine)


def test_many_first_users_at_once(url: str, opened: Opening) -> None:
    engines = [opened(url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(schema.prepare, engines))
    assert schema.check(engines[0]).up_to_date
    assert SqlRegistry(engines[0]).state().revision == 0


def set_version(engine: Engine, version: str) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = :v"), {"v": version})


def test_a_newer_database_is_left_alone(engine: Engine) -> None:
    set_version(engine, "9999")
    for call in (schema.require_current, schema.prepare, schema.upgrade):
        with pytest.raises(SchemaMismatch, match="upgrade facevec"):
            call(engine)
    assert schema.check(engine).current == "9999"


def test_an_older_database_names_the_command_that_keeps_its_workers(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    ana = registry.add_worker("Ana", "E-1", None, [photo(1)])
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0001")
    for call in (schema.require_current, schema.prepare):
        with pytest.raises(SchemaMismatch, match="facevec db upgrade"):
            call(engine)
    assert schema.upgrade(engine).up_to_date
    assert registry.worker(ana.id) == ana
    assert len(registry.templates("contract-a")[1].worker_ids) == 1


def test_an_upgrade_seals_what_everybody_looks_like_by_then(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    ana = registry.add_worker("Ana", None, None, [photo(1), photo(2)])
    ben = registry.add_worker("Ben", None, None, [photo(3)])
    before = [registry.seal(worker.id) for worker in (ana, ben)]
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0005")
    schema.upgrade(engine)
    after = [registry.seal(worker.id) for worker in (ana, ben)]
    assert [seal.photos for seal in after] == [2, 1]
    for was, now in zip(before, after, strict=True):
        np.testing.assert_allclose(now.reference, was.reference, atol=1e-6)


def test_an_upgrade_takes_what_was_never_marked_at_its_word_once(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0008")
    adopted = schema.upgrade(engine).adopted
    assert {table: count for table, count in adopted.items() if count} == {
        "workers": 1, "templates": 1, "seals": 1,
    }  # fmt: skip
    assert {*adopted} == {table.__tablename__ for table in COVERED}
    assert [worker.id for worker in registry.workers([ana.id]).values()] == [ana.id]
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET name = 'Eve'"))
    assert schema.upgrade(engine).adopted == {}
    assert registry.workers([ana.id]) == {}


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    with reshaping(engine) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("workers") as batch:
            batch.alter_column("status", existing_type=String(), nullable=True)
    assert registry.worker(ana.id) == ana
    registry.remove_worker(ana.id)
    assert len(registry.templates("contract-a")[1].worker_ids) == 0


def test_a_change_of_schema_that_orphans_rows_is_undone(tmp_path: Path, opened: Opening) -> None:
    engine = opened(f"sqlite:///{tmp_path / 'facevec.db'}")
    schema.prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    registry.add_worker("Ana", None, None, [photo(1)])
    with pytest.raises(RegistryError, match="nothing was changed"), reshaping(engine) as connection:
        connection.execute(text("DELETE FROM workers"))
    assert len(registry.list_workers()) == 1


def test_another_programs_database_is_left_alone(url: str, opened: Opening) -> None:
    engine = opened(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    for call in (schema.check, schema.require_current, schema.prepare, schema.upgrade):
        with pytest.raises(SchemaMismatch, match="no facevec registry"):
            call(engine)
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_checks_hold_in_the_database_itself(engine: Engine) -> None:
    for statement in (
        "UPDATE state SET revision = -1",
        "UPDATE state SET model = 'm'",
        "INSERT INTO state (id, revision) VALUES (2, 0)",
        "INSERT INTO changes (revision, worker_id, kind, at) VALUES (1, 1, 'x', '2026-01-01')",
        "INSERT INTO workers (name, name_key, status, created_at, updated_at) "
        "VALUES ('a', 'a', 'gone', '2026-01-01', '2026-01-01')",
    ):
        with pytest.raises(RegistryError), writing(engine) as connection:
            connection.execute(text(statement))
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT revision FROM state")) == 0


@pytest.mark.slow
def test_alembics_own_command_line_finds_the_same(tmp_path: Path) -> None:
    alembic = [sys.executable, "-m", "alembic", "-x", f"url=sqlite:///{tmp_path / 'x.db'}"]
    for arguments in (["upgrade", "head"], ["check"]):
        process = subprocess.run(
            [*alembic, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, process.stderr
