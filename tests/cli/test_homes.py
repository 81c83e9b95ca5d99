"""A home may have any name: all that facevec keeps lies in it, and nothing beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.toy import Someone, picture

# tests/registry/test_address.py has many more.
NAMES = ["site?north", "100%41", "-rf", "two words ", "Ñandú #1 & co: 東京", os.fsdecode(b"caf\xe9")]


@pytest.mark.parametrize("name", NAMES)
def test_everything_lies_in_the_home(
    run: Run, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = tmp_path / "around"
    around.mkdir()
    photo = tmp_path / "ana.png"
    photo.write_bytes(picture(Someone(1)))
    monkeypatch.setenv("FACEVEC_HOME", str(around / name))
    for command in (["worker", "add", "Ana", photo], ["index", "rebuild"], ["db", "check"]):
        assert run(*command).exit_code == 0
    shown = json.loads(run("recognize", photo, "--json").stdout)
    assert shown["images"][0]["faces"][0]["worker"]["name"] == "Ana"
    levels = {check["name"]: check["level"] for check in json.loads(run("doctor", "--json").stdout)["checks"]}
    assert (levels["home"], levels["registry"], levels["index"]) == ("ok", "ok", "ok")
    assert [path.name for path in around.iterdir()] == [name]
    lying = {"facevec.db", "facevec.db-reserve", "facevec.db-use", "index", "audit"}
    lying |= {"removals", "removals.lock"}
    inside = {path.name for path in (around / name).iterdir()}
    assert [one for one in inside - lying if not one.startswith("facevec.db-keys-")] == []
    assert lying < inside


def test_two_sites_that_differ_after_a_question_mark_are_two(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "ana.png"
    photo.write_bytes(picture(Someone(1)))
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "site?north"))
    assert run("worker", "add", "Ana", photo).exit_code == 0
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "site?south"))
    assert json.loads(run("worker", "list", "--json").stdout)["workers"] == []
    assert not (tmp_path / "site").exists()


def test_two_current_folders_share_the_registry_that_the_settings_name(
    run: Run, toy_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = tmp_path / "ana.png"
    photo.write_bytes(picture(Someone(1)))
    (toy_home / "config").mkdir(parents=True)
    (toy_home / "config" / "facevec.toml").write_text('[registry]\nurl = "sqlite:///reg.db"\n')
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("worker", "add", "Ana", photo).exit_code == 0
    monkeypatch.chdir(tmp_path / "there")
    (ana,) = json.loads(run("worker", "list", "--json").stdout)["workers"]
    assert ana["name"] == "Ana"
    assert (toy_home / "reg.db").is_file()


def test_settings_that_cannot_be_read_end_every_command_and_the_doctor(run: Run, toy_home: Path) -> None:
    (toy_home / "config" / "facevec.toml").mkdir(parents=True)
    for command in (["doctor"], ["config", "show"], ["worker", "list"], ["recognize", "x.jpg"]):
        ended = run(*command)
        assert ended.exit_code == 60
        assert "facevec.toml is a folder" in ended.stderr
    assert run("config", "template").exit_code == 0
