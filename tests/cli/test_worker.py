"""`facevec worker`: what is enrolled, what is refused, and what the shell is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from tests.cli.conftest import ADA, BOB, EVE, Run, save
from tests.toy import Someone


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
    agreed = ("--consent", "2026-01", "--consent-expires", "2030-12-31", "--consent-photos")
    added = run("worker", "add", "Ada", photo, *agreed, "--keep-photos", "--json")
    worker = json.loads(added.stdout)["worker"]
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
