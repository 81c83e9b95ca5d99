"""Issue 11, 5: whoever gets the last key revoked, or waits for its end, is let in without one."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.attack.conftest import ATTACKER, House
from tests.clock import Clock
from tests.toy import Someone

ANYBODY = Someone(ATTACKER)


def lets_nobody_in(house: House) -> None:
    assert house.passer_by().recognize(ANYBODY).status_code == 401
    for path in ("/index", "/models", "/workers"):
        assert house.passer_by().send("GET", path).status_code == 401
    assert house.client.get("/metrics").status_code == 401


def test_before_there_was_a_key_nobody_is_let_in(house: House) -> None:
    lets_nobody_in(house)


def test_revoking_the_last_key_lets_nobody_in(house: House) -> None:
    entry, _ = house.service.app.keys.create("only", ["recognize"])
    house.service.app.keys.revoke(entry.id)
    lets_nobody_in(house)


def test_the_end_of_the_last_key_lets_nobody_in(house: House, clock: Clock) -> None:
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    house.service.app.keys.create("only", ["recognize"], soon)
    clock.ahead = timedelta(minutes=1)
    assert not house.service.app.keys.any_valid()
    lets_nobody_in(house)
