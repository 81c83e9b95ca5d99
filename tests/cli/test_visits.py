"""`facevec visits`, and what else on the command line tells of visits."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from facevec.bootstrap import App
from facevec.config import load
from facevec.jobs.nightly import work
from facevec.ports import utc_now
from facevec.types import Identification, Sighting
from tests.cli.conftest import ADA, BOB, Run, save
from tests.clock import today
from tests.toy import Someone, toy_networks

POINT = {"match_threshold": 0.9, "threshold_from": "model", "min_margin": 0.05, "margin_from": "model"}
BY = Identification("key:1", "r-1", 0.5, "toy-1", POINT)
KEEPING = ("--set", "visits.keep=true")


@pytest.fixture
def seen(run: Run, toy_home: Path, tmp_path: Path) -> None:
    """Ada agreed to visits and was seen twice, Bob did not agree and was seen too; all on one day."""
    today()
    for name, who, options in (("Ada", ADA, ["--consent-visits"]), ("Bob", BOB, [])):
        photo = save(tmp_path / name, "1.jpg", Someone(who))
        assert run("worker", "add", name, photo, "--consent", "v1", *options).exit_code == 0
    with App(load(toy_home), networks=toy_networks) as app:
        for worker in app.registry.list_workers():
            now = utc_now()
            assert app.visits.add(
                [Sighting(worker.id, worker.created_at, place, now, now, BY) for place in ("Door", "Yard")]
            ) == (2 if worker.name == "Ada" else 0)


def visits(run: Run, *words: str) -> list[dict]:
    return json.loads(run("visits", "list", *words, "--json").stdout)["visits"]


def test_visits_are_listed_and_purged_and_both_are_recorded(run: Run, seen: None) -> None:
    assert [one["place"] for one in visits(run)] == ["Door", "Yard"]
    assert visits(run, "Bob") == visits(run, "--until", "2020-01-01") == []
    shown = run("visits", "list", "Ada").stdout
    assert "Door" in shown
    assert "r-1" in shown
    assert "No visit" in run("visits", "list", "Bob").stderr
    assert run("visits", "purge", "Ada", input="n\n").exit_code == 130
    assert len(visits(run)) == 2
    assert run("visits", "purge", "--ahead", "Ada").exit_code == 2
    purged = json.loads(run("visits", "purge", "Ada", "--yes", "--json").stdout)
    assert purged == {"destroyed": 2, "kept": 0}
    trail = json.loads(run("audit", "search", "--what", "visits", "--json").stdout)["records"]
    assert (trail[-1]["what"], trail[-1]["worker_ids"], trail[-1]["detail"]["destroyed"]) == (
        "visits purge", [1], 2,
    )  # fmt: skip


def test_doctor_and_the_papers_say_whether_and_how_long(run: Run, seen: None, tmp_path: Path) -> None:
    (check,) = [
        one for one in json.loads(run("doctor", "--json").stdout)["checks"] if one["name"] == "visits"
    ]
    assert (check["level"], "is off" in check["text"], "There are 2, of 1 workers" in check["text"]) == (
        "ok", True, True,
    )  # fmt: skip
    out = tmp_path / "record.md"
    assert run("rights", "record", "--out", out).exit_code == 0
    assert "| a record of when somebody was seen, of those who agreed to it | off |" in out.read_text()
    assert run(*KEEPING, "--set", "visits.days=9", "rights", "record", "--out", out).exit_code == 0
    assert "of those who agreed to it | on |" in out.read_text()
    assert "9 days (visits.days)" in out.read_text()
    assert run("rights", "assessment", "--out", out).exit_code == 0
    assert "visits.keep: off, 30 days" in out.read_text()


def test_the_night_destroys_old_ones_and_tells_of_those_that_nobody_agreed_to(
    run: Run, seen: None, toy_home: Path
) -> None:
    with App(load(toy_home), networks=toy_networks) as app:
        ada = app.registry.worker(1)
        app.visits.add([Sighting(1, ada.created_at, "Door", utc_now(), utc_now(), BY)])
    night = json.loads(run("index", "rebuild", "--step", "visits", "--json").stdout)
    (step,) = [one for one in night["night"]["steps"] if one["name"] == "visits"]
    assert step["figures"] == {"destroyed": 0, "kept": 2}

    def later() -> datetime:
        return utc_now() + timedelta(days=33)

    with App(load(toy_home), networks=toy_networks, clock=later) as app:
        report = work(app, only={"visits"}, trust_clock=True, on_step=lambda _: None)
    assert report.step("visits").figures == {"destroyed": 2, "kept": 0}  # type: ignore[union-attr]


def test_an_export_holds_them_and_a_removal_proves_that_they_are_gone(
    run: Run, seen: None, tmp_path: Path, toy_home: Path
) -> None:
    run("backup", tmp_path / "before")
    assert run("worker", "export", "Ada", "--out", tmp_path / "ada.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "ada.zip") as file:
        (folder,) = json.loads(file.read("manifest.json"))["folders"]
        assert [one["place"] for one in json.loads(file.read(f"{folder}/visits.json"))["visits"]] == [
            "Door", "Yard",
        ]  # fmt: skip
        assert "Yard" in file.read(f"{folder}/about.html").decode()
    assert run("worker", "consent", "Ada", "--withdraw").exit_code == 0
    assert visits(run) == []
    (receipt,) = json.loads(run("erasure", "list", "--json").stdout)["receipts"]
    assert receipt["destroyed"]["visit"] == 2
    said = run("erasure", "verify", receipt["id"], "--backup", tmp_path / "before", "--json")
    places = {one["place"]: one for one in json.loads(said.stdout)["places"]}
    assert (places["registry"]["state"], places["ledger of removals"]["state"]) == ("nothing", "nothing")
    assert "visit" in places[f"backup {tmp_path / 'before'}"]["sentence"]
    restored = run("restore", tmp_path / "before", "--replace")
    assert restored.exit_code == 0, restored.output
    assert visits(run) == [], "a withdrawal stays one in what is restored"
    assert run("consent", "verify").exit_code == 0


def test_visits_stay_where_photos_alone_are_too_old(run: Run, seen: None, toy_home: Path) -> None:
    def later() -> datetime:
        return utc_now() + timedelta(days=20)

    flags = {"consent.template_days": 7}
    with App(load(toy_home, flags=flags), networks=toy_networks, clock=later) as app:
        work(app, only={"retention"}, trust_clock=True, on_step=lambda _: None)
    assert len(visits(run)) == 2
    receipts = json.loads(run("erasure", "list", "--json").stdout)["receipts"]
    assert [one["destroyed"].get("visit") for one in receipts] == [None, None]
    for receipt in receipts:
        said = json.loads(run("erasure", "verify", receipt["id"], "--json").stdout)
        assert said["verdict"] == "gone", said


def test_a_restored_backup_has_the_visits_of_who_still_agrees(run: Run, seen: None, tmp_path: Path) -> None:
    run("backup", tmp_path / "b")
    run("visits", "purge", "--yes")
    assert visits(run) == []
    assert run("restore", tmp_path / "b", "--replace").exit_code == 0
    assert len(visits(run)) == 2
    assert run("integrity", "check").exit_code == 0
