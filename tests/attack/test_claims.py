"""Issue 11, 2: becoming a worker by yes and no alone, and what a worker who is turned away has to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import structlog
from werkzeug.test import TestResponse

from facevec.logs import configure
from facevec.registry.claims import SqlFailedClaims
from tests.attack.conftest import ATTACKER, CEO, COLLEAGUE, Attacker, House, blend, encoded
from tests.toy import Someone

QUERIES = 5_000
ACCEPTED_AT = 80
"""Percent of the worker in a blended picture that would be accepted; see the first test."""


@dataclass
class Still:
    """Stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 5, 4, 8, tzinfo=timezone.utc))

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def still(house: House) -> Still:
    still = Still()
    house.service.app.__dict__["failed_claims"] = SqlFailedClaims(
        house.service.app.engine, free=5, free_of_key=60, clock=still
    )
    return still


def claim(who: Attacker, worker: int, someone: Someone) -> TestResponse:
    return who.send("POST", "/verify", file=encoded(someone)[0], worker_id=worker)


def statuses(who: Attacker, worker: int, *people: Someone) -> list[int]:
    return [claim(who, worker, someone).status_code for someone in people]


def strangers(count: int) -> list[Someone]:
    return [Someone(700 + number) for number in range(count)]


def test_without_failures_before_the_blended_picture_is_accepted(house: House, ceo: int) -> None:
    """So that what the others show is not for want of a picture that would do."""
    near = Someone(blend(ATTACKER, CEO, ACCEPTED_AT))
    assert claim(house.holder("recognize"), ceo, near).json["same"] is True
    assert claim(house.holder("recognize"), ceo, Someone(blend(ATTACKER, CEO, 20))).json["same"] is False


def test_a_climb_of_five_thousand_queries_is_over_after_five(house: House, ceo: int, still: Still) -> None:
    """Each step would bring the attacker nearer; the last thousand would all be accepted."""
    climber = house.holder("recognize")
    files = [encoded(Someone(blend(ATTACKER, CEO, percent)))[0] for percent in range(101)]
    answers = [
        climber.send("POST", "/verify", file=files[query * 100 // (QUERIES - 1)], worker_id=ceo).status_code
        for query in range(0, QUERIES, 25)
    ]
    assert answers == [200] * 5 + [429] * (len(answers) - 5)


def test_the_climb_that_waits_gets_a_look_an_hour(house: House, ceo: int, still: Still) -> None:
    climber, begun, looks = house.holder("recognize"), still.now, 0
    for someone in strangers(60):
        answer = claim(climber, ceo, someone)
        if answer.status_code == 429:
            still.move(int(answer.headers["Retry-After"]))
            answer = claim(climber, ceo, someone)
        assert answer.json["same"] is False
        looks += 1
    assert (still.now - begun) / timedelta(hours=1) > looks - 15


def test_many_at_once_are_looked_at_no_more_often(house: House, ceo: int, still: Still) -> None:
    climber = house.holder("recognize")
    clients = [Attacker(house.client.application.test_client(), climber.headers) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda one: claim(one[0], ceo, one[1]), zip(clients, strangers(20), strict=True))
        )
    said = [answer for answer in answers if answer.status_code == 200]
    assert len(said) <= 5
    assert {answer.status_code for answer in answers} <= {200, 429, 503}


def test_other_keys_of_one_address_share_its_patience(house: House, ceo: int, still: Still) -> None:
    assert statuses(house.holder("recognize"), ceo, *strangers(5)) == [200] * 5
    assert statuses(house.holder("recognize"), ceo, Someone(CEO, 9)) == [429]


def test_other_processes_share_it(house: House, ceo: int, still: Still) -> None:
    assert statuses(house.holder("recognize"), ceo, *strangers(5)) == [200] * 5
    other = SqlFailedClaims(house.service.app.engine, free=5, free_of_key=60, clock=still)
    house.service.app.__dict__["failed_claims"] = other
    assert statuses(house.holder("recognize"), ceo, Someone(CEO, 9)) == [429]


def test_workers_tried_one_after_the_other_use_up_the_key(house: House, ceo: int, still: Still) -> None:
    """Its own face, shown in between, does not help."""
    admin = house.holder("admin")
    workers = [admin.enrol(f"W{who}", Someone(who)).json["worker"]["id"] for who in range(300, 330)]
    mine = admin.enrol("Me", Someone(ATTACKER)).json["worker"]["id"]
    thief = house.holder("recognize")
    answers = []
    for worker in workers:
        assert claim(thief, mine, Someone(ATTACKER, 5)).status_code in (200, 429)
        answers += statuses(thief, worker, *strangers(3))
    assert answers == [200] * 60 + [429] * 30


def test_an_honest_worker_who_was_turned_away_twice_gets_in(house: House, ceo: int, still: Still) -> None:
    door, bad = house.holder("recognize"), Someone(CEO, 9, unlike=3)
    assert statuses(door, ceo, *[bad] * 5) == [200] * 5
    first = claim(door, ceo, Someone(CEO, 9))
    assert (first.status_code, first.json["code"], first.headers["Retry-After"]) == (
        429,
        "claims_exhausted",
        "30",
    )
    still.move(31)
    assert claim(door, ceo, bad).json["same"] is False
    second = claim(door, ceo, Someone(CEO, 9))
    assert (second.status_code, second.headers["Retry-After"]) == (429, "60")
    still.move(61)
    assert claim(door, ceo, Someone(CEO, 9)).json["same"] is True
    assert statuses(door, ceo, *[bad] * 4, Someone(CEO, 9)) == [200] * 5


def test_a_colleague_is_not_kept_out(house: House, ceo: int, still: Still) -> None:
    door = house.holder("recognize")
    assert statuses(door, ceo, *strangers(6)) == [200] * 5 + [429]
    assert claim(door, ceo + 1, Someone(COLLEAGUE, 9)).json["same"] is True


def test_it_is_told_to_the_log_without_an_address(house: House, ceo: int, still: Still) -> None:
    climber = house.holder("recognize")
    configure("info")  # as `serve` does; a command of another test may have asked for less
    with structlog.testing.capture_logs() as logs:
        statuses(climber, ceo, *strangers(5))
    events = [line["event"] for line in logs if line["event"].startswith("claim")]
    assert events == ["claim_failed"] * 5 + ["claims_exhausted"]
    alarm: dict[str, Any] = next(line for line in logs if line["event"] == "claims_exhausted")
    assert (alarm["log_level"], alarm["worker_id"], alarm["next_in_seconds"]) == ("warning", ceo, 30)
    assert "127.0.0.1" not in str(logs)


def test_a_face_nearer_to_somebody_else_is_not_the_worker(house: House, ceo: int) -> None:
    """However near it is: verification takes more than one look."""
    admin = house.holder("admin")
    between = Someone(blend(CEO, COLLEAGUE, 52))
    near = claim(house.holder("recognize", "scores"), ceo, between).json
    assert near["distance"] <= near["verify_threshold"]
    assert near["same"] is False
    assert admin.send("DELETE", f"/workers/{ceo + 1}").status_code == 204
    assert claim(house.holder("recognize"), ceo, between).json["same"] is True
