"""Issues 11 and 15: what one person can do alone where the settings ask for two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from werkzeug.test import TestResponse

from facevec.audit.verify import Walk
from facevec.types import Deed
from facevec.usecases.approvals import ApprovalDesk
from tests.attack.conftest import ATTACKER, CEO, COLLEAGUE, Attacker, House
from tests.toy import Someone

MINE = [Someone(ATTACKER, look) for look in range(2)]
OTHERS = [Someone(CEO, 4), Someone(CEO, 5)]
NEW = Someone(COLLEAGUE + 1)

Do = Callable[[Attacker, int], TestResponse]


def emptied(who: Attacker, worker: int) -> TestResponse:
    """The answer to the first removal that is refused, or to the last."""
    answers = [who.remove_photo(worker, photo) for photo in who.photos(worker)]
    return next((answer for answer in answers if answer.status_code != 204), answers[-1])


def agreeing(text: str, **more: object) -> Do:
    return lambda who, worker: who.send("PUT", f"/workers/{worker}/consent", text_version=text, **more)


DEEDS: dict[str, tuple[Do, Do | None]] = {
    "consent": (agreeing("v1"), agreeing("v1", photos=True)),
    "enrol": (
        lambda who, _: who.enrol("New", NEW, consent={"text_version": "v1"}),
        lambda who, _: who.enrol("Neu", NEW, consent={"text_version": "v1"}),
    ),
    "distinct": (
        lambda who, worker: who.add(worker, OTHERS[0], distinct_from=[worker + 1]),
        lambda who, worker: who.add(worker, OTHERS[1], distinct_from=[worker + 1]),
    ),
    "reseed": (
        lambda who, worker: who.add(worker, *MINE, reseed=True),
        lambda who, worker: who.add(worker, *OTHERS, reseed=True),
    ),
    "rename": (
        lambda who, worker: who.send("PATCH", f"/workers/{worker}", name="Chief"),
        lambda who, worker: who.send("PATCH", f"/workers/{worker}", name="Chef"),
    ),
    "empty": (emptied, None),
    "withdraw": (lambda who, worker: who.send("DELETE", f"/workers/{worker}/consent"), None),
    "remove": (lambda who, worker: who.send("DELETE", f"/workers/{worker}"), None),
}
"""What may be done to a worker, and something else of the kind; the last destroys most."""


@pytest.fixture
def strict(house: House, ceo: int) -> House:
    """A house in which everything takes two."""
    app = house.service.app
    app.__dict__["approval_desk"] = ApprovalDesk(app.approvals, frozenset(get_args(Deed)))
    return house


def waiting(who: Attacker) -> list[dict[str, Any]]:
    return list(who.send("GET", "/approvals").json["approvals"])


def decide(who: Attacker, approval: int, decision: str = "approve") -> TestResponse:
    return who.send("POST", f"/approvals/{approval}", decision=decision)


def test_one_administrator_alone_changes_nobody_whatever_keys_they_make(strict: House, ceo: int) -> None:
    alone, watched = strict.holder("admin"), strict.holder("recognize")
    for name, (deed, _) in DEEDS.items():
        makers = (lambda: alone, lambda: alone, lambda: strict.holder("admin"), lambda: alone)
        for make in makers:
            refused = deed(make(), ceo)
            assert (refused.status_code, refused.json["code"]) == (403, "approval_needed"), name
        assert decide(alone, waiting(alone)[-1]["id"]).json["code"] == "approval_invalid"
    assert (watched.named(Someone(CEO, 9)), watched.named(MINE[0]), watched.named(NEW)) == (ceo, None, None)
    assert strict.service.app.registry.worker(ceo).name == "CEO"


def test_two_do_what_both_ask_for_and_neither_does_anything_else(strict: House, ceo: int) -> None:
    first, second = strict.holder("admin"), strict.holder("admin")
    for name, (deed, another) in DEEDS.items():
        assert deed(first, ceo).json["code"] == "approval_needed", name
        if another is not None:
            assert another(second, ceo).json["code"] == "approval_needed", name
            assert "Che" not in str(waiting(first))
        assert deed(second, ceo).status_code in (200, 201, 204), name


def test_what_somebody_else_approves_is_done_by_who_asked_and_all_of_it_recorded(
    strict: House, ceo: int
) -> None:
    first, second, desk = strict.holder("admin"), strict.holder("admin"), strict.holder("enrol")
    remove, _ = DEEDS["remove"]
    assert remove(first, ceo).json["code"] == "approval_needed"
    (asking,) = waiting(second)
    assert (asking["deed"], asking["worker_id"], asking["content"]) == ("remove", ceo, {})
    assert waiting(desk) == []
    assert decide(desk, asking["id"]).json["code"] == "approval_invalid"
    assert strict.holder("recognize").send("GET", "/approvals").json["code"] == "forbidden"
    assert decide(second, asking["id"]).json["state"] == "approved"
    assert remove(first, ceo).status_code == 204
    assert waiting(second) == []
    app = strict.service.app
    events = [one.event for one in Walk(app.loaded.audit_folder, app.integrity_key)]
    about = [one for one in events if "approval" in one.detail]
    assert [(one.what, one.outcome, one.detail["approval"]["state"]) for one in about] == [
        ("delete_worker", "approval_needed", "waiting"),
        ("decide_approval", "ok", "approved"),
        ("delete_worker", "ok", "approved"),
    ]
    keys = [who.headers["X-API-Key"][3:11] for who in (first, second, first)]
    assert [one.by for one in about] == [f"key:{key}" for key in keys]


def test_a_refusal_is_told_and_taken_back_by_who_asked_alone(strict: House, ceo: int) -> None:
    first, second = strict.holder("admin"), strict.holder("admin")
    remove, _ = DEEDS["remove"]
    remove(first, ceo)
    (asking,) = waiting(first)
    assert decide(second, asking["id"], "refuse").json["state"] == "refused"
    assert remove(first, ceo).json["code"] == "approval_refused"
    assert second.send("DELETE", f"/approvals/{asking['id']}").json["code"] == "approval_invalid"
    assert first.send("DELETE", f"/approvals/{asking['id']}").status_code == 204
    assert decide(second, asking["id"]).json["code"] == "approval_not_found"


def test_unless_the_settings_ask_for_a_second_there_is_none(house: House, ceo: int) -> None:
    for deed, _ in DEEDS.values():
        assert deed(house.holder("admin"), ceo).status_code in (200, 201, 204)


def test_a_consent_that_ends_what_stands_is_a_withdrawal(house: House, ceo: int) -> None:
    app = house.service.app
    app.__dict__["approval_desk"] = ApprovalDesk(app.approvals, frozenset({"withdraw"}))
    admin, desk = house.holder("admin"), house.holder("enrol")
    assert agreeing("v1", expires_at="2099-12-31")(admin, ceo).status_code == 200
    soon = (app.clock() + timedelta(minutes=1)).isoformat()
    assert agreeing("v2", expires_at=soon)(admin, ceo).json["code"] == "approval_needed"
    (asking,) = waiting(admin)
    assert (asking["deed"], asking["content"]["text"]) == ("withdraw", "v2")
    assert decide(desk, asking["id"]).json["code"] == "approval_invalid"
    assert decide(house.holder("admin"), asking["id"]).json["code"] == "approval_invalid", "made after it"
