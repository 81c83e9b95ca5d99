"""Importing folders: everyone at once, again and again, and stopped midway."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from facevec.errors import RegistryBusy
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from facevec.registry.repository import SqlRegistry
from facevec.types import Newcomer
from tests.cli.conftest import ADA, BOB, EVE, Run, save
from tests.toy import Someone, turned


def test_import_enrols_a_folder_a_person_and_may_be_run_again(run: Run, people: Path) -> None:
    first = json.loads(run("worker", "import", people, "--json").stdout)
    assert [one["name"] for one in first["workers"]] == ["Ada Lovelace", "Bob"]
    assert (first["enrolled"], first["already_enrolled"], first["refused"]) == (6, 0, 0)
    save(people / "Bob", "new.jpg", Someone(BOB, 7))
    again = run("worker", "import", people, "--json")
    assert again.exit_code == 0
    second = json.loads(again.stdout)
    assert (second["enrolled"], second["already_enrolled"], second["refused"]) == (1, 6, 0)
    assert second["workers"][1]["worker"]["photo_count"] == 4


def test_import_says_which_photos_were_refused_and_enrols_the_rest(run: Run, people: Path) -> None:
    save(people / "Ada_Lovelace", "z-eve.jpg", Someone(EVE))
    (people / "Bob" / "notes.jpg").write_text("not a picture")
    (people / "Empty").mkdir()
    result = run("worker", "import", people)
    assert result.exit_code == PARTIAL_EXIT_CODE
    for said in (
        "z-eve.jpg",
        "not the same person",
        "notes.jpg",
        "not an image",
        "Empty",
        "6 photos enrolled",
    ):
        assert said in result.stdout


def test_a_folder_of_two_people_enrols_neither_until_one_has_more_photos(run: Run, people: Path) -> None:
    mixed = people / "Zoe"
    for name, who in (("1.jpg", EVE), ("2.jpg", EVE + 1)):
        save(mixed, name, Someone(who))
    for _ in range(2):
        zoe = json.loads(run("worker", "import", people, "--json").stdout)["workers"][-1]
        assert (zoe["name"], zoe["worker"]) == ("Zoe", None)
        assert [one["code"] for one in zoe["refused"]] == ["not_the_same_person"] * 2
    save(mixed, "3.jpg", Someone(EVE + 1, 1))
    zoe = json.loads(run("worker", "import", people, "--json").stdout)["workers"][-1]
    assert (zoe["worker"]["photo_count"], len(zoe["refused"])) == (2, 1)


def test_import_of_what_is_no_folder_of_folders(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("worker", "import", empty).exit_code == OUTCOMES["input_invalid"].exit_code
    assert run("worker", "import", tmp_path / "no").exit_code == OUTCOMES["file_not_found"].exit_code


BUSY = RegistryBusy("The database is busy; try again in a moment.")


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [(BUSY, OUTCOMES["registry_busy"].exit_code, "registry_busy"), (KeyboardInterrupt(), 130, "interrupted")],
    ids=["busy", "Ctrl-C"],
)
def test_an_import_that_is_stopped_midway_shows_what_was_done(
    run: Run, people: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, exit_code: int, code: str
) -> None:
    for look in range(2):
        save(people / "Zoe", f"{look}.jpg", Someone(EVE, look))
    add_workers = SqlRegistry.add_workers

    def stopping_at_bob(registry: SqlRegistry, newcomers: Sequence[Newcomer], *others: Any) -> Any:
        if newcomers[0].name == "Bob":
            raise error
        return add_workers(registry, newcomers, *others)

    with monkeypatch.context() as patch:
        patch.setattr("facevec.usecases.newcomers.TOGETHER", 1)
        patch.setattr(SqlRegistry, "add_workers", stopping_at_bob)
        first = run("worker", "import", people, "--json")
        second = run("worker", "import", people)
    answer = json.loads(first.stdout)
    assert (first.exit_code, answer["error"]["code"]) == (exit_code, code)
    assert [one["name"] for one in answer["workers"]] == ["Ada Lovelace"]
    assert (answer["enrolled"], answer["folders_left"]) == (3, 2)
    assert (second.exit_code, "3 were enrolled already" in second.stdout) == (exit_code, True)
    assert "Folders not looked at yet: 2" in second.stderr
    assert second.stderr.splitlines()[-1] == ("Stopped." if code == "interrupted" else f"Error: {BUSY}")
    last = json.loads(run("worker", "import", people, "--json").stdout)
    assert (last["enrolled"], last["already_enrolled"], last["folders_left"]) == (5, 3, 0)
    assert "error" not in last


@pytest.mark.parametrize("committed", [False, True])
def test_ctrl_c_while_several_are_written_loses_none_of_them(
    run: Run, people: Path, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    add_workers = SqlRegistry.add_workers
    stops = iter([True])

    def stopped_once(registry: SqlRegistry, newcomers: Sequence[Newcomer], *others: Any) -> Any:
        if not next(stops, False):
            return add_workers(registry, newcomers, *others)
        if committed:
            add_workers(registry, newcomers, *others)
        raise KeyboardInterrupt

    monkeypatch.setattr(SqlRegistry, "add_workers", stopped_once)
    result = run("worker", "import", people, "--json")
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["error"]["code"]) == (130, "interrupted")
    assert [one["name"] for one in answer["workers"]] == ["Ada Lovelace", "Bob"]
    counts = (answer["enrolled"], answer["already_enrolled"])
    assert counts == ((0, 6) if committed else (6, 0))


@pytest.mark.parametrize("unreadable", ["people", "Bob"])
def test_a_folder_that_cannot_be_read_is_named(
    run: Run, people: Path, monkeypatch: pytest.MonkeyPatch, unreadable: str
) -> None:
    iterdir = Path.iterdir

    def refusing(folder: Path) -> Iterator[Path]:
        if folder.name == unreadable:
            raise PermissionError(13, "Permission denied", str(folder))
        return iterdir(folder)

    monkeypatch.setattr(Path, "iterdir", refusing)
    monkeypatch.setattr("os.access", lambda path, *_: Path(path).name != unreadable)
    result = run("worker", "import", people, "--json")
    answer = json.loads(result.stdout)
    if unreadable == "people":
        assert result.exit_code == OUTCOMES["folder_unreadable"].exit_code
        assert answer["error"]["message"].endswith(
            "cannot be read: Permission denied; check its permissions."
        )
        return
    assert result.exit_code == PARTIAL_EXIT_CODE
    assert [one["name"] for one in answer["workers"] if one["worker"]] == ["Ada Lovelace"]
    assert [one["code"] for one in answer["workers"][1]["refused"]] == ["folder_unreadable"]


def test_a_photo_that_cannot_be_read_is_refused_and_the_others_are_enrolled(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, locked = (save(tmp_path, name, Someone(ADA)) for name in ("good.jpg", "locked.jpg"))
    opening = os.open

    def refusing(path: str | Path, *options: Any, **others: Any) -> int:
        if path == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return opening(path, *options, **others)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr("os.access", lambda path, *_: str(path) != str(locked))
    result = run("worker", "add", "Ada", locked, good, "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    answer = json.loads(result.stdout)
    assert answer["accepted"] == [str(good)]
    assert [(one["source"], one["code"]) for one in answer["refused"]] == [(str(locked), "input_invalid")]


def test_a_photo_that_did_not_lie_as_it_should_is_told(run: Run, people: Path) -> None:
    photo = people / "Bob" / "0.jpg"
    photo.write_bytes(turned(photo.read_bytes(), 90))
    shown = " ".join(run("worker", "add", "Robert", photo).stdout.split())
    assert "Looked at turned photo degrees clockwise ─" in shown
    assert f"{photo} 90" in shown
    assert run("worker", "remove", "Robert", "--yes").exit_code == 0
    shown = " ".join(run("worker", "import", people).stdout.split())
    assert f"{photo} 90" in shown
    (ada, bob) = json.loads(run("worker", "import", people, "--json").stdout)["workers"]
    assert (ada["turned"], bob["turned"]) == ([], [])  # enrolled already, so nobody looked
    run("worker", "remove", "Bob", "--yes")
    bob = json.loads(run("worker", "import", people, "--json").stdout)["workers"][1]
    assert bob["turned"] == [{"source": str(photo), "degrees": 90}]
