"""`facevec backup` and `facevec restore`, as they are typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from facevec.outcomes import OUTCOMES
from tests.cli.conftest import Run
from tests.integrity import TEXT

REFUSED = OUTCOMES["restore_refused"].exit_code
LOCKED = OUTCOMES["backup_locked"].exit_code


def test_a_home_that_is_lost_comes_back_from_the_file_and_its_key(
    run: Run, people: Path, toy_home: Path, tmp_path: Path
) -> None:
    assert run("worker", "import", people).exit_code == 0
    (toy_home / "config").mkdir()
    (toy_home / "config" / "facevec.toml").write_text("[server]\nport = 8123\n")
    (tmp_path / "key").write_bytes(b"0123456789abcdef" * 2)
    made = run("backup", tmp_path / "b", "--key-file", tmp_path / "key", "--with-integrity-key", "--json")
    assert made.exit_code == 0, made.stderr
    answer = json.loads(made.stdout)
    assert answer["rows"]["workers"] == 2
    assert answer["files"] == ["settings", "integrity key"]
    (toy_home / "removals").rename(tmp_path / "removals")  # as it is copied elsewhere
    shutil.rmtree(toy_home)
    assert run("backup", tmp_path / "b", "--inspect").exit_code == LOCKED
    settings = run("backup", tmp_path / "b", "--settings", "--key-file", tmp_path / "key")
    assert "port = 8123" in settings.stdout
    as_json = run("backup", tmp_path / "b", "--settings", "--json", "--key-file", tmp_path / "key")
    assert json.loads(as_json.stdout) == {"settings": settings.stdout}
    home = tmp_path / "elsewhere"
    (home / "config").mkdir(parents=True)
    (home / "config" / "facevec.toml").write_text('[integrity]\nkey_file = "../its.key"\n')
    asked = ["restore", tmp_path / "b", "--key-file", tmp_path / "key", "--to", home]
    refused = run(*asked)
    assert refused.exit_code == REFUSED
    assert "Nobody can say who was removed" in refused.stderr
    restored = run(*asked, "--ledger", tmp_path / "removals")
    assert restored.exit_code == 0, restored.stderr
    assert TEXT in (tmp_path / "its.key").read_text()
    listed = json.loads(run("--home", home, "worker", "list", "--json").stdout)
    assert [worker["name"] for worker in listed["workers"]] == ["Ada Lovelace", "Bob"]
    recognition = run("--home", home, "recognize", people / "Bob" / "1.jpg", "--json")
    assert json.loads(recognition.stdout)["images"][0]["faces"][0]["worker"]["name"] == "Bob"


def test_a_place_that_is_not_free_and_a_missing_key_are_told(run: Run, people: Path, tmp_path: Path) -> None:
    run("worker", "import", people)
    assert run("backup", tmp_path / "b").exit_code == 0
    assert run("restore", tmp_path / "b").exit_code == REFUSED
    assert run("restore", tmp_path / "b", "--replace").exit_code == 0
    shown = run("backup", tmp_path / "b", "--inspect")
    assert "2 workers" in shown.stdout
    home = tmp_path / "new"
    (home / "config").mkdir(parents=True)
    (home / "config" / "facevec.toml").write_text('[integrity]\nkey_file = "../none.key"\n')
    refused = run("restore", tmp_path / "b", "--to", home)
    assert refused.exit_code == REFUSED
    assert "no integrity key" in refused.stderr
    assert not (tmp_path / "none.key").exists()
    assert run("backup", tmp_path / "b", "--with-integrity-key").exit_code == 2


def test_a_file_that_is_there_stays_unless_it_may_go(run: Run, people: Path, tmp_path: Path) -> None:
    run("worker", "import", people)
    assert run("backup", tmp_path / "b").exit_code == 0
    before = (tmp_path / "b").read_bytes()
    refused = run("backup", tmp_path / "b")
    assert refused.exit_code == OUTCOMES["output_unwritable"].exit_code
    assert "--force" in refused.stderr
    assert (tmp_path / "b").read_bytes() == before
    assert run("backup", tmp_path / "b", "--force").exit_code == 0
    assert (tmp_path / "b").read_bytes() != before
