"""`facevec worker`: what is enrolled, what is refused, and what the shell is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facevec.errors import OUTCOMES, PARTIAL_EXIT_CODE, RegistryBusy
from facevec.registry.repository import SqlRegistry
from facevec.types import Worker
from tests.cli.conftest import Run
from tests.toy import Someone, picture, turned

ADA, BOB, EVE = 1, 2, 3


def save(folder: Path, name: str, *people: Someone) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(picture(*people))
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    for look in range(3):
        save(folder / "Ada_Lovelace", f"{look}.jpg", Someone(ADA, look))
        save(folder / "Bob", f"{look}.jpg", Someone(BOB, look))
    return folder


def test_a_worker_is_added_found_renamed_and_removed(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    added = json.loads(run("worker", "add", "Ada", photo, "--external-id", "E1", "--json").stdout)
    assert added["accepted"] == [str(photo)]
    assert added["worker"] | {"created_at": None} == {
        "id": 1, "name": "Ada", "external_id": "E1", "status": "active", "consent": None,
        "created_at": None, "photo_count": 1, "distinct_from": [],
    }  # fmt: skip
    shown = json.loads(run("worker", "show", "E1", "--json").stdout)
    assert [one["source"] for one in shown["photos"]] == [str(photo)]
    assert shown["photos"][0]["has_pixels"] is False
    assert json.loads(run("worker", "rename", "Ada", "Ada King", "--json").stdout)["name"] == "Ada King"
    assert "Ada King" in run("worker", "list").stdout
    assert run("worker", "remove", "Ada King", "--yes").exit_code == 0
    assert json.loads(run("worker", "list", "--json").stdout) == {"workers": []}


def test_consent_and_photos_are_kept_when_asked(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    options = ("--consent", "2026-01", "--consent-expires", "2030-12-31", "--keep-photos", "--json")
    worker = json.loads(run("worker", "add", "Ada", photo, *options).stdout)["worker"]
    assert worker["consent"]["text_version"] == "2026-01"
    assert worker["consent"]["expires_at"] == "2030-12-31T23:59:59+00:00"
    assert json.loads(run("worker", "show", "1", "--json").stdout)["photos"][0]["has_pixels"] is True


def test_set_holds_where_the_command_has_an_option_of_its_own(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    run("--set", "enrolment.keep_photos=true", "worker", "add", "Ada", photo)
    assert json.loads(run("worker", "show", "1", "--json").stdout)["photos"][0]["has_pixels"] is True


def test_an_end_of_consent_needs_a_consent(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    refused = run("worker", "add", "Ada", photo, "--consent-expires", "2030-12-31")
    assert refused.exit_code == 2
    assert "--consent TEXT_VERSION" in refused.stderr


def test_removing_asks_first(run: Run, tmp_path: Path) -> None:
    run("worker", "add", "Ada", save(tmp_path, "ada.jpg", Someone(ADA)))
    assert run("worker", "remove", "Ada", input="n\n").exit_code == 130
    assert run("worker", "show", "Ada").exit_code == 0


def test_bad_photos_of_one_worker_are_refused_one_by_one(run: Run, tmp_path: Path) -> None:
    good = save(tmp_path, "good.jpg", Someone(ADA))
    nobody = save(tmp_path, "nobody.jpg")
    crowd = save(tmp_path, "crowd.jpg", Someone(BOB), Someone(BOB + 1))
    result = run("worker", "add", "Ada", good, nobody, crowd, tmp_path / "missing.jpg", tmp_path, "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    refused = {Path(one["source"]).name: one["code"] for one in json.loads(result.stdout)["refused"]}
    assert refused == {
        "nobody.jpg": "no_face",
        "crowd.jpg": "several_faces",
        "missing.jpg": "file_not_found",
        tmp_path.name: "is_a_folder",
    }


def test_a_worker_without_a_usable_photo_is_not_enrolled(run: Run, tmp_path: Path) -> None:
    nobody = save(tmp_path, "nobody.jpg")
    assert run("worker", "add", "Ada", nobody).exit_code == OUTCOMES["no_face"].exit_code
    assert run("worker", "add", "Ada", nobody, tmp_path).exit_code == OUTCOMES["enrolment_refused"].exit_code
    assert json.loads(run("worker", "list", "--json").stdout) == {"workers": []}


def test_two_photos_that_disagree_are_both_refused_by_name(run: Run, tmp_path: Path) -> None:
    ada, bob = (save(tmp_path, name, Someone(who)) for name, who in (("a.jpg", ADA), ("b.jpg", BOB)))
    for photos in ((ada, bob), (bob, ada)):
        outcome = run("worker", "add", "Ada", *photos, "--json")
        assert outcome.exit_code == OUTCOMES["not_the_same_person"].exit_code
        answer = json.loads(outcome.stdout)
        assert (answer["worker"], answer["accepted"]) == (None, [])
        reasons = {one["source"]: one["reason"] for one in answer["refused"]}
        assert f"not the one on {bob}, and nobody is on more than half of these 2" in reasons[str(ada)]
        assert f"not the one on {ada}, and nobody is on more than half of these 2" in reasons[str(bob)]
    assert json.loads(run("worker", "list", "--json").stdout) == {"workers": []}


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


def test_a_face_enrolled_as_someone_else_is_refused(run: Run, people: Path) -> None:
    run("worker", "import", people)
    photo = save(people.parent, "ada2.jpg", Someone(ADA, 9))
    assert run("worker", "add", "Zoe", photo).exit_code == OUTCOMES["enrolled_as_another"].exit_code


def eva(look: int) -> Someone:
    """Somebody who looks like Ada."""
    return Someone(EVE, look, like=ADA, likeness=0.88)


def test_a_look_alike_is_enrolled_when_somebody_says_so(run: Run, people: Path) -> None:
    run("worker", "import", people)
    photos = [save(people.parent, f"eva{look}.jpg", eva(look)) for look in range(3)]
    refused = run("worker", "add", "Eva", *photos, "--json")
    assert refused.exit_code == OUTCOMES["enrolled_as_another"].exit_code
    for one in json.loads(refused.stdout)["refused"]:
        assert (one["worker_id"], 0.6 < one["distance"] < 0.7) == (1, True)
        assert "--distinct-from id:1`" in one["reason"]
    outcome = run("worker", "add", "Eva", *photos, "--distinct-from", "id:1", "--json")
    assert outcome.exit_code == 0
    (pair,) = json.loads(outcome.stdout)["worker"]["distinct_from"]
    import pwd

    user = pwd.getpwuid(os.getuid()).pw_name
    assert pair | {"decided_at": None} == {
        "worker_id": 1, "name": "Ada Lovelace", "decided_by": f"user:{user}", "decided_at": None,
    }  # fmt: skip
    listed = json.loads(run("worker", "list", "--json").stdout)["workers"]
    assert [[other["worker_id"] for other in one["distinct_from"]] for one in listed] == [[3], [], [1]]
    assert (
        json.loads(run("worker", "show", "Ada Lovelace", "--json").stdout)["distinct_from"][0]["name"]
        == "Eva"
    )
    assert f"Ada Lovelace is not Eva (id 3), as user:{user} decided on" in run("worker", "show", "1").stdout


def test_an_import_goes_on_with_a_look_alike_who_was_told_apart(run: Run, people: Path) -> None:
    photos = [save(people / "Eva", f"{look}.jpg", eva(look)) for look in range(3)]
    first = json.loads(run("worker", "import", people, "--json").stdout)["workers"][-1]
    assert [one["code"] for one in first["refused"]] == ["enrolled_as_another"] * 3
    run("worker", "add", "Eva", *photos, "--distinct-from", "Ada Lovelace")
    save(people / "Eva", "new.jpg", eva(7))
    again = run("worker", "import", people, "--json")
    assert (again.exit_code, json.loads(again.stdout)["enrolled"]) == (0, 1)


def test_a_look_alike_is_told_apart_when_photos_are_added(run: Run, people: Path) -> None:
    run("worker", "import", people)
    first = save(people.parent, "first.jpg", Someone(EVE, 0, like=ADA, likeness=0.5))
    run("worker", "add", "Eva", first)
    alike = save(people.parent, "alike.jpg", Someone(EVE, 1, like=ADA, likeness=0.96))
    refused = run("worker", "add-photos", "Eva", alike)
    assert "facevec worker add-photos id:3 PHOTO... --distinct-from id:1" in refused.stdout
    outcome = run("worker", "add-photos", "Eva", alike, "--distinct-from", "1")
    assert outcome.exit_code == 0
    assert "Eva is not Ada Lovelace (id 1)" in outcome.stdout


def test_whoever_is_told_apart_from_nobody_is_not_enrolled(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    outcome = run("worker", "add", "Ada", photo, "--distinct-from", "nobody")
    assert outcome.exit_code == OUTCOMES["worker_not_found"].exit_code
    run("worker", "add", "Ada", photo)
    same = run("worker", "add-photos", "Ada", photo, "--distinct-from", "Ada")
    assert same.exit_code == OUTCOMES["worker_invalid"].exit_code
    assert "cannot be distinct from themselves" in same.stderr


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
    add_worker = SqlRegistry.add_worker

    def stopping_at_bob(registry: SqlRegistry, name: str, *others: Any) -> Worker:
        if name == "Bob":
            raise error
        return add_worker(registry, name, *others)

    with monkeypatch.context() as patch:
        patch.setattr(SqlRegistry, "add_worker", stopping_at_bob)
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


def test_photos_are_added_to_a_worker_and_refused_as_when_enrolling(run: Run, tmp_path: Path) -> None:
    first, second = (save(tmp_path, f"{look}.jpg", Someone(ADA, look)) for look in (1, 2))
    bob = save(tmp_path, "bob.jpg", Someone(BOB))
    run("worker", "add", "Ada", first)
    result = run("worker", "add-photos", "Ada", second, first, bob, tmp_path / "missing.jpg", "--json")
    assert result.exit_code == PARTIAL_EXIT_CODE
    answer = json.loads(result.stdout)
    assert (answer["accepted"], answer["worker"]["photo_count"]) == ([str(second)], 2)
    assert {Path(one["source"]).name: one["code"] for one in answer["refused"]} == {
        "missing.jpg": "file_not_found",
        "1.jpg": "photo_already_enrolled",
        "bob.jpg": "not_the_same_person",
    }
    none = run("worker", "add-photos", "Ada", bob)
    assert none.exit_code == OUTCOMES["not_the_same_person"].exit_code
    assert "No photo was added to Ada" in none.stderr
    kept = save(tmp_path, "kept.jpg", Someone(ADA, 3))
    assert run("worker", "add-photos", "Ada", kept, "--keep-photos").exit_code == 0
    photos = json.loads(run("worker", "show", "Ada", "--json").stdout)["photos"]
    assert [one["has_pixels"] for one in photos] == [False, False, True]


def test_one_photo_is_removed_by_the_id_that_show_lists(run: Run, tmp_path: Path) -> None:
    run("worker", "add", "Ada", *(save(tmp_path, f"{look}.jpg", Someone(ADA, look)) for look in (1, 2)))
    shown = run("worker", "show", "Ada").stdout.splitlines()
    photo_id = next(line.split()[0] for line in shown if "2.jpg" in line)
    asked = run("worker", "remove-photo", "Ada", photo_id, input="n\n")
    assert asked.exit_code == 130
    assert "2.jpg" in asked.stderr
    removed = run("worker", "remove-photo", "Ada", photo_id, "--yes", "--json")
    assert json.loads(removed.stdout)["photo_count"] == 1
    left = json.loads(run("worker", "show", "Ada", "--json").stdout)["photos"]
    assert [Path(one["source"]).name for one in left] == ["1.jpg"]
    again = run("worker", "remove-photo", "Ada", photo_id)
    assert again.exit_code == OUTCOMES["worker_not_found"].exit_code
    last = run("worker", "remove-photo", "Ada", left[0]["id"], "--yes")
    assert last.exit_code == 0
    assert "is not recognised" in last.stderr


CHANGES = [
    ("remove", "1", "--yes"),
    ("rename", "1", "New"),
    ("consent", "1", "v1"),
    ("consent", "1", "--withdraw"),
    ("add-photos", "1", "a.jpg"),
    ("remove-photo", "1", "1", "--yes"),
]


@pytest.mark.parametrize("command", CHANGES, ids=[" ".join(command[:3:2]) for command in CHANGES])
def test_a_bare_number_changes_nobody_where_people_are_called_by_numbers(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    save(tmp_path / "people" / "10", "a.jpg", Someone(ADA))
    save(tmp_path / "people" / "2", "b.jpg", Someone(BOB))
    run("worker", "import", tmp_path / "people")
    before = run("worker", "list", "--json").stdout
    refused = run("worker", *command)
    assert refused.exit_code == OUTCOMES["worker_ambiguous"].exit_code
    assert "id:1, external:1 or name:1" in refused.stderr
    assert run("worker", "list", "--json").stdout == before
    assert json.loads(run("worker", "show", "1", "--json").stdout)["name"] == "10"


def test_the_explicit_forms_say_whom_a_command_means(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "people" / "10", "a.jpg", Someone(ADA))
    save(tmp_path / "people" / "2", "b.jpg", Someone(BOB))
    run("worker", "import", tmp_path / "people")
    assert "10 (id 1) is removed" in run("worker", "remove", "id:1", "--yes").stdout
    run("worker", "add", "Eve", save(tmp_path, "eve.jpg", Someone(EVE)), "--external-id", "10")
    assert "Eve (id 3) is removed" in run("worker", "remove", "external:10", "--yes").stdout
    assert "2 (id 2) is removed" in run("worker", "remove", "name:2", "--yes").stdout


def test_the_number_of_another_photos_file_is_no_photo_id(run: Run, tmp_path: Path) -> None:
    photos = [
        save(tmp_path, name, Someone(ADA, look)) for look, name in enumerate(("2.jpg", "b.jpg", "c.jpg"))
    ]
    run("worker", "add", "Ada", *photos)
    refused = run("worker", "remove-photo", "Ada", "2", "--yes")
    assert refused.exit_code == OUTCOMES["worker_ambiguous"].exit_code
    assert "id:2, id:1" in refused.stderr
    assert "Photo 3 (" in run("worker", "remove-photo", "Ada", "3", "--yes").stdout
    removed = run("worker", "remove-photo", "Ada", "id:2", "--yes").stdout
    assert "b.jpg) of Ada (id 1) is removed" in removed


UNKNOWN = [
    ("show", "nobody"),
    ("remove", "nobody", "--yes"),
    ("rename", "nobody", "New"),
    ("add-photos", "nobody", "a.jpg"),
    ("remove-photo", "nobody", "1", "--yes"),
]


@pytest.mark.parametrize("command", UNKNOWN, ids=[command[0] for command in UNKNOWN])
def test_an_unknown_worker_is_one_sentence_and_a_code(run: Run, command: tuple[str, ...]) -> None:
    arguments = ("worker", *command)
    result = run(*arguments)
    assert result.exit_code == OUTCOMES["worker_not_found"].exit_code
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert json.loads(run(*arguments, "--json").stdout)["error"]["code"] == "worker_not_found"


def test_a_name_twice_is_refused(run: Run, tmp_path: Path) -> None:
    run("worker", "add", "Ada", save(tmp_path, "ada.jpg", Someone(ADA)))
    result = run("worker", "add", "ada", save(tmp_path, "bob.jpg", Someone(BOB)))
    assert result.exit_code == OUTCOMES["worker_exists"].exit_code


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
