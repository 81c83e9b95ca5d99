"""Issue 11, 1: what one administrator alone can do to a worker, where the settings ask for a second."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import text
from werkzeug.test import TestResponse

from facevec.registry.engine import writing
from tests.attack.conftest import ATTACKER, CEO, Attacker, House
from tests.clock import Clock
from tests.toy import Someone

MINE = [Someone(ATTACKER, look) for look in range(2)]

Deed = Callable[[Attacker, int], TestResponse]


def emptied(who: Attacker, worker: int) -> TestResponse:
    """The answer to the first removal that is refused, or to the last."""
    answers = [who.remove_photo(worker, photo) for photo in who.photos(worker)]
    return next((answer for answer in answers if answer.status_code != 204), answers[-1])


DEEDS: dict[str, Deed] = {
    "re-seed": lambda who, worker: who.add(worker, *MINE, reseed=True),
    "rename": lambda who, worker: who.send("PATCH", f"/workers/{worker}", name="Somebody"),
    "remove": lambda who, worker: who.send("DELETE", f"/workers/{worker}"),
    "empty": emptied,
}


@pytest.fixture
def strict(house: House, ceo: int) -> House:
    """A house in which it takes two."""
    app = house.service.app
    enrolment = app.settings.enrolment.model_copy(update={"second_approver": True})
    app.settings = app.settings.model_copy(update={"enrolment": enrolment})
    return house


@pytest.mark.parametrize("deed", DEEDS)
def test_one_administrator_alone_changes_nobody(strict: House, ceo: int, deed: str) -> None:
    alone = strict.holder("admin")
    for _ in range(3):
        refused = DEEDS[deed](alone, ceo)
        assert (refused.status_code, refused.json["code"]) == (403, "approval_needed")
    knowing = strict.holder("recognize")
    assert knowing.named(Someone(CEO, 9)) == ceo
    assert knowing.named(MINE[0]) is None
    assert strict.service.app.registry.worker(ceo).name == "CEO"


@pytest.mark.parametrize("deed", DEEDS)
def test_two_do_once_what_both_ask_for(strict: House, ceo: int, deed: str) -> None:
    first, second = strict.holder("admin"), strict.holder("admin")
    assert DEEDS[deed](first, ceo).status_code == 403
    with structlog.testing.capture_logs() as logs:
        assert DEEDS[deed](second, ceo).status_code in (200, 204)
    (line,) = (one for one in logs if one["event"] == "approval_given")
    assert (line["log_level"], line["worker_id"], line["deed"]) == ("warning", ceo, deed)
    assert line["key"] != line["asked_by"]
    if deed in ("re-seed", "rename"):
        assert DEEDS[deed](second, ceo).status_code == 403, "it was for once"


def test_two_who_ask_for_different_things_agree_on_nothing(strict: House, ceo: int) -> None:
    assert DEEDS["rename"](strict.holder("admin"), ceo).status_code == 403
    assert DEEDS["re-seed"](strict.holder("admin"), ceo).status_code == 403


def test_who_may_not_ask_is_no_second(strict: House, ceo: int) -> None:
    assert DEEDS["re-seed"](strict.holder("enrol"), ceo).json["code"] == "forbidden"
    assert DEEDS["re-seed"](strict.holder("admin"), ceo).json["code"] == "approval_needed"


OTHERWISE: dict[str, Deed] = {
    "re-seed": lambda who, worker: who.add(worker, Someone(CEO, 4), Someone(CEO, 5), reseed=True),
    "rename": lambda who, worker: who.send("PATCH", f"/workers/{worker}", name="Chief"),
}


@pytest.mark.parametrize("deed", OTHERWISE)
def test_what_one_asked_for_lets_another_do_nothing_else(strict: House, ceo: int, deed: str) -> None:
    """Whoever has one key waits until somebody asks for something harmless of the worker."""
    alone = strict.holder("admin")
    assert OTHERWISE[deed](strict.holder("admin"), ceo).status_code == 403
    for _ in range(2):
        assert DEEDS[deed](alone, ceo).json["code"] == "approval_needed"
    assert strict.holder("recognize").named(MINE[0]) is None
    assert strict.service.app.registry.worker(ceo).name == "CEO"
    assert OTHERWISE[deed](strict.holder("admin"), ceo).status_code == 200


def test_an_asking_written_by_sql_or_long_ago_is_none(strict: House, ceo: int, clock: Clock) -> None:
    alone = strict.holder("admin")
    assert DEEDS["re-seed"](alone, ceo).json["code"] == "approval_needed"
    with writing(strict.service.app.engine) as connection:
        assert connection.execute(text("UPDATE approvals SET key_id = 'abcd1234'")).rowcount == 1
    assert DEEDS["re-seed"](alone, ceo).json["code"] == "approval_needed"
    assert DEEDS["rename"](alone, ceo).json["code"] == "approval_needed"
    clock.ahead = timedelta(hours=25)
    assert DEEDS["rename"](strict.holder("admin"), ceo).json["code"] == "approval_needed"


@pytest.mark.parametrize("deed", DEEDS)
def test_unless_the_settings_ask_for_a_second_there_is_none(house: House, ceo: int, deed: str) -> None:
    assert DEEDS[deed](house.holder("admin"), ceo).status_code in (200, 204)
