"""One lease for what only one may do, on each database; a crashed holder's ends by itself."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from facevec.errors import JobRunning
from facevec.jobs.lease import holding
from facevec.registry.leases import LASTS, SqlLeases
from facevec.types import Lease

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def sqlite(opened, tmp_path) -> Engine:
    from facevec.registry.schema import prepare

    engine = opened(f"sqlite:///{tmp_path / 'leases.db'}")
    prepare(engine)
    return engine


def test_a_second_one_is_told_who_is_at_it(engine: Engine) -> None:
    leases = SqlLeases(engine)
    first = leases.take("night", "one, process 1")
    with pytest.raises(JobRunning, match="one, process 1 is at it"):
        leases.take("night", "two, process 2")
    leases.take("another job", "two, process 2")
    leases.renew(first)
    leases.release(first)
    leases.release(leases.take("night", "two, process 2"))


def test_of_many_at_once_one_gets_it(engine: Engine) -> None:
    together, taken = threading.Barrier(8), []

    def take(number: int) -> None:
        together.wait()
        with suppress(JobRunning):
            taken.append(SqlLeases(engine).take("night", str(number)))

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_a_crashed_holders_lease_ends_by_itself_and_is_not_renewed(sqlite: Engine) -> None:
    clock = Hands()
    leases = SqlLeases(sqlite, clock)
    crashed = leases.take("night", "one")
    clock.now = NOON + LASTS - timedelta(seconds=1)
    with pytest.raises(JobRunning):
        leases.take("night", "two")
    clock.now = NOON + LASTS
    leases.take("night", "two")
    with pytest.raises(JobRunning, match="did not renew"):
        leases.renew(crashed)
    leases.release(crashed)  # it is not theirs any more
    with pytest.raises(JobRunning, match="two is at it"):
        leases.take("night", "three")


def test_a_lease_that_was_taken_under_a_clock_ahead_does_not_last(sqlite: Engine) -> None:
    clock = Hands()
    clock.now = NOON + timedelta(days=400)
    leases = SqlLeases(sqlite, clock)
    leases.take("night", "one")
    clock.now = NOON
    leases.take("night", "two")


def test_on_postgresql_the_servers_clock_decides(postgres_database: str, opened) -> None:
    from facevec.registry.schema import prepare

    engine = opened(postgres_database)
    prepare(engine)
    SqlLeases(engine, lambda: NOON).take("night", "one")
    with pytest.raises(JobRunning):
        SqlLeases(engine, lambda: NOON + timedelta(days=1)).take("night", "two")


def test_it_is_renewed_as_long_as_the_work_goes_on(sqlite: Engine) -> None:
    clock, renewals = Hands(), threading.Semaphore(0)

    class Noting(SqlLeases):
        def renew(self, lease: Lease) -> None:
            super().renew(lease)
            renewals.release()

    leases = Noting(sqlite, clock)
    with holding(leases, "night", "one", renewed_each=0.01) as require:
        clock.now = NOON + LASTS - timedelta(seconds=1)
        assert renewals.acquire(timeout=10)
        assert renewals.acquire(timeout=10)  # the second began after the clock had gone on
        clock.now = NOON + LASTS + timedelta(seconds=30)
        with pytest.raises(JobRunning):
            leases.take("night", "two")
        require()
    leases.take("night", "two")


def test_whoever_lost_it_stops(sqlite: Engine) -> None:
    clock = Hands()
    leases = SqlLeases(sqlite, clock)
    with holding(leases, "night", "one") as require:
        clock.now = NOON + LASTS
        leases.take("night", "two")
        with pytest.raises(JobRunning, match="somebody else took it"):
            require()
    with pytest.raises(JobRunning, match="two is at it"):
        leases.take("night", "three")
