"""Look-alikes on the command line: refused, and enrolled once somebody says who they are not."""

from __future__ import annotations

import json
import os
from pathlib import Path

from facevec.outcomes import OUTCOMES
from tests.cli.conftest import ADA, EVE, Run, save
from tests.toy import Someone


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
    assert "facevec worker add-photos id:3 PHOTO... --distinct-from id:1" in " ".join(refused.stdout.split())
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
