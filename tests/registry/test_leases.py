"""One lease for what only one may do, on each database; a crashed holder's ends by itself."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text

from facevec.errors import DiskFull, JobRunning, RegistryBusy, RegistryError
from facevec.jobs.lease import holding
from facevec.registry.leases import LASTS, SqlLeases
from facevec.registry.waiting import waited_for
from facevec.types import Lease

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class Awake:
    """For how long the machine has been awake, by hand."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
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
    awake = Awake()
    leases = SqlLeases(sqlite, awake=awake)
    crashed = leases.take("night", "one")
    awake.now += LASTS - 1
    with pytest.raises(JobRunning):
        leases.take("night", "two")
    awake.now += 1
    leases.require(crashed)
    leases.take("night", "two")
    for deed in (leases.renew, leases.require):
        with pytest.raises(JobRunning, match="did not renew"):
            deed(crashed)
    leases.release(crashed)  # it is not theirs any more
    with pytest.raises(JobRunning, match="two is at it"):
        leases.take("night", "three")


@pytest.mark.parametrize("ahead", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)])
def test_a_machines_clock_that_is_set_frees_no_lease_and_keeps_none(sqlite: Engine, ahead: timedelta) -> None:
    awake = Awake()
    SqlLeases(sqlite, lambda: NOON, awake).take("night", "one")
    later = SqlLeases(sqlite, lambda: NOON + ahead, awake)
    with pytest.raises(JobRunning, match="one is at it"):
        later.take("night", "two")
    awake.now += LASTS
    later.take("night", "two")


def test_the_lease_of_a_machine_that_was_started_anew_does_not_last(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name of the start, where the machine says one; else as that of a clock that went back."""
    awake = Awake()
    leases = SqlLeases(sqlite, awake=awake)
    leases.take("night", "one")
    awake.now = 3.0
    with pytest.raises(JobRunning):
        leases.take("night", "two")
    awake.now += LASTS
    leases.take("night", "two")
    monkeypatch.setattr("facevec.registry.leases._this_start", lambda: "another")
    leases.take("night", "three")


def test_on_postgresql_the_servers_clock_decides(postgres_database: str, opened) -> None:
    from facevec.registry.schema import prepare

    engine = opened(postgres_database)
    prepare(engine)
    leases = SqlLeases(engine, lambda: NOON)
    lease = leases.take("night", "one")
    for ahead in (-1, 1):
        with pytest.raises(JobRunning):
            SqlLeases(engine, lambda ahead=ahead: NOON + timedelta(days=ahead)).take("night", "two")
    servers_clock_went_back = "UPDATE leases SET until = until + 1e6"
    with engine.begin() as connection:
        connection.execute(text(servers_clock_went_back))
    with pytest.raises(JobRunning):
        leases.take("night", "two")
    with engine.begin() as connection:
        ends = text("SELECT until - extract(epoch FROM clock_timestamp()) FROM leases")
        assert connection.execute(ends).scalar_one() <= LASTS
    leases.renew(lease)


def test_it_is_renewed_as_long_as_the_work_goes_on(sqlite: Engine) -> None:
    awake, renewals = Awake(), threading.Semaphore(0)

    class Noting(SqlLeases):
        def renew(self, lease: Lease) -> None:
            super().renew(lease)
            renewals.release()

    leases = Noting(sqlite, awake=awake)
    with holding(leases, "night", "one", renewed_each=0.01) as require:
        awake.now += LASTS - 1
        while renewals.acquire(blocking=False):
            pass
        assert renewals.acquire(timeout=60)
        assert renewals.acquire(timeout=60)  # the second began after the clock had gone on
        awake.now += 30
        with pytest.raises(JobRunning):
            leases.take("night", "two")
        require()
    leases.take("night", "two")


def test_whoever_lost_it_stops(sqlite: Engine) -> None:
    awake = Awake()
    leases = SqlLeases(sqlite, awake=awake)
    with holding(leases, "night", "one") as require:
        awake.now += LASTS
        leases.take("night", "two")
        with pytest.raises(JobRunning, match="somebody else took it"):
            require()
    with pytest.raises(JobRunning, match="two is at it"):
        leases.take("night", "three")


class Failing(SqlLeases):
    """Its renewals fail, so many times."""

    def __init__(self, engine: Engine, error: RegistryError, times: float) -> None:
        super().__init__(engine)
        self.error, self.times = error, times

    def renew(self, lease: Lease) -> None:
        self._fail()
        super().renew(lease)

    def require(self, lease: Lease) -> None:
        if not isinstance(self.error, DiskFull):
            self._fail()
        super().require(lease)

    def _fail(self) -> None:
        self.times -= 1
        if self.times >= 0:
            raise self.error


@pytest.mark.parametrize(
    ("error", "times"),
    [(RegistryBusy("locked"), 3), (RegistryError("gone"), 3), (DiskFull("full"), float("inf"))],
)
def test_a_registry_that_falters_ends_no_work(
    sqlite: Engine, monkeypatch: pytest.MonkeyPatch, error: RegistryError, times: float
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with holding(Failing(sqlite, error, times), "night", "one") as require:
        require()


def test_a_registry_that_stays_away_does() -> None:
    def away() -> None:
        raise RegistryError("gone")

    with pytest.raises(RegistryError, match="gone"):
        waited_for(away, seconds=0.01, pause=0.001)
