"""`facevec db` on databases of every age."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from sqlalchemy import text

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.cli.main import cli
from facevec.registry import schema
from facevec.registry.engine import open_engine, reshaping, writing
from facevec.registry.schema import VERSION_TABLE, head

SCHEMA_MISMATCH = 42


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["db", *arguments])


def test_an_empty_database_is_named_then_set_up(home: Path) -> None:
    empty = run("check")
    assert empty.exit_code == SCHEMA_MISMATCH
    assert "facevec db upgrade" in empty.stderr
    assert json.loads(run("upgrade", "--json").stdout) == {
        "before": None,
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
        connection.execute(text("UPDATE sqlite_master SET rootpage = 3 WHERE name = 'ix_workers_name_key'"))
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
