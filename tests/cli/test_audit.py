"""The audit trail at the command line, and what explains a decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from facevec.cli.common import FAULTS_EXIT_CODE
from facevec.config import load
from facevec.web import create_app
from tests.cli.conftest import ADA, EVE, Run, save
from tests.toy import Someone, toy_networks


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save(tmp_path, "probe.jpg", Someone(ADA, 9))


@pytest.fixture
def ada(run: Run, tmp_path: Path) -> Path:
    """Is enrolled."""
    path = save(tmp_path, "ada.jpg", Someone(ADA))
    assert run("worker", "add", "Ada", path).exit_code == 0
    return path


def searched(run: Run, *options: object) -> list[dict]:
    return json.loads(run("audit", "search", *options, "--json").stdout)["records"]


def test_commands_are_recorded_with_who_ran_them_and_about_whom(run: Run, ada: Path, picture: Path) -> None:
    for words in (
        ("recognize", picture),
        ("worker", "show", "Ada"),
        ("worker", "rename", "Ada", "Ada Lovelace"),
        ("worker", "show", "Nobody"),
        ("key", "create", "desk", "--scope", "recognize"),
        ("--set", "match.threshold=1", "worker", "remove", "Ada Lovelace", "--yes"),
    ):
        run(*words)
    records = searched(run)
    assert [(one["what"], one["outcome"], one["worker_ids"]) for one in records[1:]] == [
        ("worker add", "ok", [1]),
        ("recognize", "ok", [1]),
        ("worker show", "ok", [1]),
        ("worker rename", "ok", [1]),
        ("worker show", "worker_not_found", []),
        ("key create", "ok", []),
        ("erasure", "ok", []),
        ("worker remove", "ok", [1]),
    ]
    assert {one["by"][:5] for one in records[1:]} == {"user:", "facev"}
    assert records[-1]["detail"] == {"flags": ["match.threshold"]}
    assert [one["what"] for one in searched(run, "--worker", "1", "--what", "worker r")] == [
        "worker rename", "worker remove",
    ]  # fmt: skip
    assert "Ada" not in (Path(load().home) / "audit" / "000001.jsonl").read_text(encoding="utf-8")


def test_a_changed_record_is_told_and_an_export_is_recorded(
    run: Run, ada: Path, tmp_path: Path, toy_home: Path
) -> None:
    assert run("audit", "verify").exit_code == 0
    out = tmp_path / "records.jsonl"
    assert run("audit", "export", out).exit_code == 0
    assert [json.loads(line)["what"] for line in out.read_text("utf-8").splitlines()] == [
        "audit opened", "worker add",
    ]  # fmt: skip
    assert searched(run)[-1]["what"] == "audit export"
    (segment,) = (toy_home / "audit").glob("*.jsonl")
    segment.write_text(segment.read_text("utf-8").replace("worker add", "worker bad"), "utf-8")
    searched_for = run("audit", "search", "--what", "worker", "--json")
    assert "faults in the trail" in searched_for.stderr
    assert [one["authentic"] for one in json.loads(searched_for.stdout)["records"]] == [False]
    shown = run("audit", "search", "--what", "worker")
    assert "!" in shown.stdout
    elsewhere = run("audit", "search", "--what", "audit")
    assert "faults in the trail" in elsewhere.stderr, "what is asked for may be what was changed"
    assert json.loads(run("audit", "export", tmp_path / "b", "--json").stdout)["faults"] == 1
    verified = run("audit", "verify")
    assert verified.exit_code == FAULTS_EXIT_CODE
    assert "Record 1 does not follow" in verified.stdout
    steps = json.loads(run("index", "rebuild", "--json").stdout)["night"]["steps"]
    assert {step["name"]: step["count"] for step in steps}["audit"] == 1


def test_who_looks_for_somebody_in_the_trail_is_in_it(run: Run, ada: Path, tmp_path: Path) -> None:
    for words in (("search",), ("export", tmp_path / "records.jsonl")):
        assert run("audit", *words, "--worker", "1").exit_code == 0
    assert [one["what"] for one in searched(run, "--worker", "1")] == [
        "worker add", "audit search", "audit export",
    ]  # fmt: skip


def test_switched_off_nothing_is_recorded(run: Run, tmp_path: Path, toy_home: Path) -> None:
    path = save(tmp_path, "ada.jpg", Someone(ADA))
    assert run("--set", "audit.enabled=false", "worker", "add", "Ada", path).exit_code == 0
    assert not (toy_home / "audit").exists()


@pytest.fixture
def service(toy_home: Path) -> Flask:
    app = create_app(load(toy_home, flags={"server.rate": "0"}), networks=toy_networks)
    assert app.extensions["facevec"].readiness.wait(60)
    return app


def test_a_decision_is_explained_from_its_record_and_replayed(
    run: Run, ada: Path, picture: Path, tmp_path: Path, service: Flask
) -> None:
    key = service.extensions["facevec"].app.keys.create("test", ["recognize"])[1]
    headers = {"X-API-Key": key, "X-Request-Id": "door-7"}
    with picture.open("rb") as file:
        answer = service.test_client().post("/api/v1/recognize", headers=headers, data={"file": file})
    assert answer.status_code == 200
    service.extensions["facevec"].readiness.stop()
    service.extensions["facevec"].app.close()
    said = run("explain", "door-7").stdout
    assert "identified worker 1: distance" in said
    assert "or nearer (model)" in said
    assert run("worker", "remove", "Ada", "--yes").exit_code == 0
    again = json.loads(run("explain", "door-7", "--picture", picture, "--json").stdout)
    assert again["records"][0]["detail"]["pictures"][0]["faces"][0]["status"] == "identified"
    assert [face["status"] for face in again["now"]] == ["unknown"]
    another = run("explain", "door-7", "--picture", save(tmp_path, "eve.jpg", Someone(EVE)))
    assert "not a picture of that request" in another.stderr
    assert "No request" in run("explain", "door-8").stderr
