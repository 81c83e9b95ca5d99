"""`facevec db` on databases of every age."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.cli.main import cli
from facevec.registry import schema
from facevec.registry.engine import open_engine, reading, reshaping, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import VERSION_TABLE, head
from tests.integrity import KEY
from tests.registry.photos import photo

SCHEMA_MISMATCH = 42


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["db", *arguments])


def test_an_empty_database_is_named_then_set_up(home: Path) -> None:
    empty = run("check")
    assert empty.exit_code == SCHEMA_MISMATCH
    assert "facevec db upgrade" in empty.stderr
    assert json.loads(run("upgrade", "--json").stdout) == {
        "before": None,
        "backup": None,
        "current": head(),
        "head": head(),
        "adopted": {},
    }
    whole = {"current": head(), "head": head(), "faults": []}
    assert json.loads(run("check", "--json").stdout) == whole
    assert "Nothing to do" in run("upgrade").stdout


def test_a_check_makes_no_database_and_no_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("check").exit_code == SCHEMA_MISMATCH
    assert list(home.iterdir()) == []
    monkeypatch.setenv("FACEVEC_HOME", str(home / "none"))
    assert run("check").exit_code == SCHEMA_MISMATCH
    monkeypatch.setenv("FACEVEC_REGISTRY__URL", f"sqlite:///{home}/elsewhere/facevec.db")
    assert run("check").exit_code == SCHEMA_MISMATCH
    assert list(home.iterdir()) == []


def test_a_damaged_database_is_told_by_its_engine(home: Path) -> None:
    run("upgrade")
    assert "whole" in run("check").stdout
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}")
    with reshaping(engine) as connection:
        connection.execute(text("PRAGMA writable_schema = ON"))
        of_another = f"(SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_{VERSION_TABLE}_1')"
        damage = f"UPDATE sqlite_master SET rootpage = {of_another} WHERE name = 'ix_workers_name_key'"
        connection.execute(text(damage))
    engine.dispose()
    checked = run("check", "--json")
    assert checked.exit_code == FAULTS_EXIT_CODE
    assert any("SQLite" in fault or "engine" in fault for fault in json.loads(checked.stdout)["faults"])


def test_a_newer_database_is_refused(home: Path) -> None:
    run("upgrade")
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}")
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    engine.dispose()
    for word in ("check", "upgrade"):
        refused = run(word, "--json")
        assert refused.exit_code == SCHEMA_MISMATCH
        assert json.loads(refused.stdout)["error"]["code"] == "schema_mismatch"


def test_an_upgrade_says_what_it_took_at_its_word(home: Path) -> None:
    run("upgrade")
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}")
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0008")
    engine.dispose()
    upgraded = run("upgrade")
    assert "0 workers, 0 templates" in upgraded.stderr
    assert "facevec key list" in upgraded.stderr
    assert run("upgrade").stderr == ""


def test_what_is_no_database(home: Path) -> None:
    (home / "facevec.db").write_bytes(b"not a database" * 100)
    refused = run("check")
    assert refused.exit_code == 40
    assert "Traceback" not in refused.output


def test_a_copy_says_what_it_copied_and_where_it_stands_then(home: Path) -> None:
    run("upgrade")
    copied = json.loads(run("copy", "--to", "sqlite:///elsewhere/copy.db", "--json").stdout)
    assert copied["where"] == f"The database {home / 'elsewhere' / 'copy.db'}"
    assert (copied["rows"]["workers"], copied["revision"], copied["missed"]) == (0, 0, 0)
    again = run("copy", "--to", "sqlite:///elsewhere/copy.db")
    assert "Set registry.url" in again.stdout


def test_an_upgrade_makes_a_backup_by_which_the_older_facevec_comes_back(home: Path) -> None:
    run("upgrade")
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}", key=KEY)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    for number, name in enumerate(("Ana", "Ben")):
        registry.add_worker(name, None, None, [photo(number)])
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0015")
    before = _rows(engine)
    engine.dispose()
    upgraded = json.loads(run("upgrade", "--json").stdout)
    assert Path(upgraded["backup"]).parent == home / "backups"
    assert schema.check(engine).up_to_date
    engine.dispose()
    back = CliRunner().invoke(
        cli, ["restore", upgraded["backup"], "--replace", "--keep-schema"], catch_exceptions=False
    )
    assert back.exit_code == 0, back.stderr
    assert schema.check(engine).current == "0015"
    assert _rows(engine) == before
    engine.dispose()
    assert json.loads(run("upgrade", "--no-backup", "--json").stdout)["backup"] is None
    assert [worker.name for worker in SqlRegistry(engine).list_workers()] == ["Ana", "Ben"]


def _rows(engine: Engine) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [
            tuple(row)
            for table in ("workers", "photos", "templates", "changes")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]


def test_the_change_log_is_cut_and_checked_all_the_same(home: Path) -> None:
    run("upgrade")
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}", key=KEY)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    for number in range(5):
        registry.add_worker(f"Worker {number}", None, None, [photo(number)])
    engine.dispose()
    assert json.loads(run("compact", "--json").stdout) == {"let_go": 0}
    assert json.loads(run("compact", "--keep", "2", "--json").stdout) == {"let_go": 3}
    assert "whole" in run("check").stdout
