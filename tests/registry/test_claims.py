"""How many failures are counted, by whatever clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from facevec.decision.claims import FIRST_WAIT, LONGEST_WAIT
from facevec.decision.clocks import SOON
from facevec.errors import ClaimsExhausted
from facevec.registry.claims import SqlFailedClaims
from facevec.registry.engine import reading
from facevec.registry.tables import FailedClaimRow
from facevec.types import Claim
from tests.clock import Clock

FREE = 5


class Door:
    """Where claims fail."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.clock = engine, Clock()
        self.claims = SqlFailedClaims(engine, free=FREE, free_of_key=50, clock=self.clock)
        self.claim = self.claims.claim(1, "abcd", "10.0.0.1")

    def fail(self, times: int, claim: Claim | None = None) -> float:
        return [self.claims.settle(claim or self.claim, same=False) for _ in range(times)][-1]

    def counted(self) -> list[str]:
        with reading(self.engine) as connection:
            return sorted(connection.scalars(select(FailedClaimRow.name)))


@pytest.fixture
def door(engine: Engine) -> Door:
    return Door(engine)


def test_what_a_clock_counted_that_was_ahead_keeps_nobody_out_once_it_is_right(door: Door) -> None:
    door.clock.ahead = timedelta(days=365)
    assert door.fail(FREE) > 0
    with pytest.raises(ClaimsExhausted):
        door.claims.require_patience(door.claim)
    door.clock.ahead = timedelta()
    door.claims.require_patience(door.claim)
    assert FIRST_WAIT < door.fail(1) <= LONGEST_WAIT, "they are counted on"
    with pytest.raises(ClaimsExhausted):
        door.claims.require_patience(door.claim)


def test_two_machines_whose_clocks_are_apart_give_nobody_more_tries(door: Door) -> None:
    for number in range(FREE):
        door.clock.ahead = timedelta() if number % 2 else SOON + timedelta(minutes=1)
        door.fail(1)
    with pytest.raises(ClaimsExhausted):
        door.claims.require_patience(door.claim)


def test_what_a_clock_counted_that_was_ahead_is_forgotten_with_the_next_failure(door: Door) -> None:
    door.clock.ahead = timedelta(days=365)
    door.fail(1, door.claims.claim(2, "dcba", "10.0.0.2"))
    door.clock.ahead = timedelta()
    door.fail(1)
    assert len(door.counted()) == 4
    assert not any(name.startswith("worker 2") for name in door.counted())


def test_a_clock_that_is_a_little_ahead_gives_nobody_more_tries(door: Door) -> None:
    door.clock.ahead = SOON - timedelta(seconds=30)
    door.fail(FREE)
    door.clock.ahead = timedelta()
    with pytest.raises(ClaimsExhausted):
        door.claims.require_patience(door.claim)
