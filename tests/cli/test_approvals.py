"""What takes two people on the command line: users of the system, and keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facevec.bootstrap import App
from facevec.config import load
from facevec.outcomes import OUTCOMES, PARTIAL_EXIT_CODE
from tests.cli.conftest import ADA, Run, save
from tests.clock import today
from tests.toy import Someone, toy_networks

NEEDED = OUTCOMES["approval_needed"].exit_code
REFUSED = OUTCOMES["approval_refused"].exit_code
INVALID = OUTCOMES["approval_invalid"].exit_code


@pytest.fixture
def ada(run: Run, tmp_path: Path) -> Path:
    """Her photo; she is enrolled, and key and removal take two."""
    photo = save(tmp_path, "ada.jpg", Someone(ADA))
    assert run("worker", "add", "Ada", photo).exit_code == 0
    return photo


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch, toy_home: Path, ada: Path) -> object:
    """Become another user of the system, with these deeds for two."""
    file = toy_home / "config" / "facevec.toml"
    file.parent.mkdir(parents=True, exist_ok=True)

    def become(name: str, *deeds: str) -> None:
        monkeypatch.setattr("facevec.cli.users.system_user", lambda: name)
        if deeds:
            file.write_text(f"[approvals]\nrequired = {json.dumps(deeds)}\n")

    return become


def test_one_user_asks_and_another_approves(run: Run, as_user) -> None:
    as_user("anna", "remove", "withdraw", "empty")
    asked = run("worker", "remove", "Ada", "--yes")
    assert asked.exit_code == NEEDED
    assert "facevec approvals approve 1" in asked.stderr
    assert run("approvals", "approve", "1").exit_code == INVALID
    as_user("bert")
    assert "remove" in run("approvals", "list").stdout
    assert json.loads(run("approvals", "approve", "1", "--json").stdout)["decided_by"] == "user:bert"
    as_user("anna")
    assert run("worker", "remove", "Ada", "--yes").exit_code == 0
    assert "Nothing waits" in run("approvals", "list").stderr
    records = json.loads(run("audit", "search", "--json").stdout)["records"]
    about = [(one["what"], one["by"], one["outcome"]) for one in records if "approval" in one["detail"]]
    assert about == [
        ("worker remove", "user:anna", "approval_needed"),
        ("approvals approve", "user:bert", "ok"),
        ("worker remove", "user:anna", "ok"),
    ]


def test_who_does_the_same_is_the_second(run: Run, as_user) -> None:
    as_user("anna", "rename")
    assert run("worker", "rename", "Ada", "Ada B").exit_code == NEEDED
    as_user("bert")
    assert run("approvals", "approve", "1").exit_code == INVALID  # the name is not kept
    assert run("worker", "rename", "Ada", "Ada C").exit_code == NEEDED
    assert run("worker", "rename", "Ada", "Ada B").exit_code == 0


def test_what_was_refused_is_said_and_what_was_withdrawn_may_be_asked_again(run: Run, as_user) -> None:
    as_user("anna", "remove")
    run("worker", "remove", "Ada", "--yes")
    as_user("bert")
    assert run("approvals", "refuse", "1").exit_code == 0
    as_user("anna")
    assert run("worker", "remove", "Ada", "--yes").exit_code == REFUSED
    assert json.loads(run("approvals", "withdraw", "1", "--json").stdout) == {"withdrawn": 1}
    records = json.loads(run("audit", "search", "--what", "approvals withdraw", "--json").stdout)["records"]
    assert [one["worker_ids"] for one in records] == [[1]]
    assert run("worker", "remove", "Ada", "--yes").exit_code == NEEDED


def test_an_export_says_of_whom_and_whether_it_is_encrypted(run: Run, as_user, tmp_path: Path) -> None:
    as_user("anna", "export")
    assert run("worker", "export", "Ada", "--out", tmp_path / "a.zip").exit_code == NEEDED
    assert run("audit", "export", tmp_path / "a.jsonl").exit_code == NEEDED
    assert not [*tmp_path.glob("a.zip"), *tmp_path.glob("a.jsonl")]
    listed = json.loads(run("approvals", "list", "--json").stdout)["approvals"]
    assert [one["content"] for one in listed] == [
        {"what": "workers", "workers": "1", "encrypted": "no"},
        {"what": "audit", "workers": "all", "encrypted": "no"},
    ]
    as_user("bert")
    for one in listed:
        assert run("approvals", "approve", one["id"]).exit_code == 0
    as_user("anna")
    assert run("worker", "export", "Ada", "--out", tmp_path / "a.zip").exit_code == 0
    assert run("audit", "export", tmp_path / "a.jsonl").exit_code == 0


def test_who_makes_keys_alone_makes_those_of_the_first_two_people_only(run: Run, as_user) -> None:
    as_user("anna", "key", "remove")
    for name in ("anna", "anna", "bert"):
        assert run("key", "create", name, "--scope", "admin").exit_code == 0
    assert run("key", "create", "eve", "--scope", "recognize").exit_code == NEEDED
    (asked,) = json.loads(run("approvals", "list", "--json").stdout)["approvals"]
    assert asked["content"] == {"name": "eve", "scopes": "recognize", "ends": "never"}


def test_a_user_and_a_key_of_one_name_are_one_person(run: Run, as_user, toy_home: Path) -> None:
    as_user("anna", "remove")
    keys = [
        json.loads(run("key", "create", name, "--scope", "admin", "--json").stdout)["id"]
        for name in ("Anna", "Bert")
    ]
    assert run("worker", "remove", "Ada", "--yes").exit_code == NEEDED
    with App(load(toy_home), networks=toy_networks) as app:
        with pytest.raises(Exception, match="one person"):
            app.approvals.decide(1, f"key:{keys[0]}", approved=True)
        app.approvals.decide(1, f"key:{keys[1]}", approved=True)
    assert run("worker", "remove", "Ada", "--yes").exit_code == 0


def test_a_consent_that_is_recorded_now_is_the_same_a_moment_later(run: Run, as_user, people: Path) -> None:
    as_user("anna", "consent")
    today()
    agreed = ("worker", "consent", "Ada", "v1", "--photos", "--expires", "90d")
    assert run(*agreed).exit_code == NEEDED
    together = ("worker", "import", people, "--consent", "v1")
    assert run(*together).exit_code == NEEDED
    as_user("bert")
    assert run(*agreed[:-3]).exit_code == NEEDED
    assert run(*agreed).exit_code == 0
    assert run(*together).exit_code == PARTIAL_EXIT_CODE  # Ada is there already


def test_the_setting_of_before_stands_for_what_changes_a_worker(run: Run, as_user, toy_home: Path) -> None:
    as_user("anna", "key")
    (toy_home / "config" / "facevec.toml").write_text("[enrolment]\nsecond_approver = true\n")
    assert run("worker", "rename", "Ada", "Eve").exit_code == NEEDED
    assert run("worker", "consent", "Ada", "v1").exit_code == 0
    assert run("worker", "remove-photo", "Ada", "1", "--yes").exit_code == NEEDED
