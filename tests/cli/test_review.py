"""People confirm who was recognised, on the command line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from facevec.outcomes import OUTCOMES
from tests.cli.conftest import ADA, Run, save
from tests.toy import Someone

CONFIRM = ("--set", "review.confirm=true")


def test_a_user_confirms_and_rejects_and_an_export_holds_it(run: Run, tmp_path: Path) -> None:
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    assert run("worker", "add", "Ada", photo).exit_code == 0
    for _ in range(2):
        seen = run(*CONFIRM, "recognize", save(tmp_path, "door.jpg", Someone(ADA, 3)), "--json")
        (face,) = json.loads(seen.stdout)["images"][0]["faces"]
        assert (face["status"], face["worker"], face["review"]["worker"]["name"]) == (
            "unconfirmed",
            None,
            "Ada",
        )
    assert "unconfirmed" in run(*CONFIRM, "recognize", tmp_path / "door.jpg").stdout
    listed = run("review", "list")
    assert listed.stdout.count("Ada (id 1)") == 3
    assert json.loads(run("review", "confirm", "1", "--json").stdout)["state"] == "confirmed"
    assert "rejected" in run("review", "reject", "2").stdout
    assert run("review", "reject", "2").exit_code == OUTCOMES["review_invalid"].exit_code
    assert run("review", "confirm", "9").exit_code == OUTCOMES["review_not_found"].exit_code
    assert run("worker", "export", "Ada", "--out", tmp_path / "a.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        (file,) = (name for name in archive.namelist() if name.endswith("reviews.json"))
        states = [each["state"] for each in json.loads(archive.read(file))["reviews"]]
    assert states == ["confirmed", "rejected", "pending"]
    assert run("worker", "remove", "Ada", "--yes").exit_code == 0
    assert "No identification waits" in run("review", "list").stderr
