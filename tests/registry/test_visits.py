"""When somebody was seen is recorded of who agreed to it, and goes when they do not any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from facevec.decision.consent import Retention
from facevec.errors import RegistryBusy
from facevec.registry import conversion, copying, marks
from facevec.registry.encryption.datakeys import data_keys, used
from facevec.registry.encryption.keyring import KEYRING
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.values import is_sealed
from facevec.registry.engine import reading, writing
from facevec.registry.kept import SqlKept
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.registry.tables import VisitRow
from facevec.registry.visits import SqlVisits
from facevec.types import Consent, Identification, Sighting, Worker
from facevec.usecases.consent import withdraw_consent
from facevec.usecases.retention import enforce_retention
from facevec.usecases.visits import GOING_ON, VisitQueue
from tests.clock import Clock
from tests.madeupmaster import MadeUpMaster
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo

NOON = datetime.now(timezone.utc).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
GIVEN = NOON - timedelta(days=9)
AGREED = Consent("v1", GIVEN, visits=True)
PAUSE = timedelta(minutes=5)
BY = Identification("key:1", "r-1", 0.5, "contract-a", {"match_threshold": 0.9})


def after(**time: float) -> datetime:
    return NOON + timedelta(**time)


def sighting(worker: Worker, at: datetime = NOON, place: str = "Door", **more: Any) -> Sighting:
    return Sighting(worker.id, worker.created_at, place, at, at, BY, **more)


BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """SQLite, where a test does not say `BOTH`."""
    is_postgres = getattr(request, "param", "sqlite") == "postgresql"
    return str(request.getfixturevalue("migrated_postgres" if is_postgres else "migrated_sqlite"))


@pytest.fixture
def engine(url: str, opened: Callable[..., Engine]) -> Engine:
    """A database that will be encrypted."""
    master = MadeUpMaster()
    return opened(url, master=lambda: master)


@pytest.fixture
def registry(engine: Engine) -> SqlRegistry:
    registry = SqlRegistry(engine, encrypted=True)
    registry.claim_model(MODEL, CONTRACT)
    return registry


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def visits(registry: SqlRegistry, engine: Engine, clock: Clock) -> SqlVisits:
    return SqlVisits(engine, PAUSE, clock)


@pytest.fixture
def ana(registry: SqlRegistry) -> Worker:
    """Who agreed to it."""
    return registry.add_worker("Ana", None, AGREED, [photo(1)])


@BOTH
def test_what_follows_closely_at_one_place_is_one_visit(visits: SqlVisits, ana: Worker) -> None:
    seen = [after(seconds=0.7), after(minutes=4), after(minutes=8, seconds=59), after(minutes=15)]
    assert visits.add([sighting(ana, at) for at in seen]) == 4
    visits.add([sighting(ana, after(minutes=5), "Canteen"), sighting(ana, after(minutes=16), count=3)])
    shown = [(one.place, one.first_at, one.last_at, one.sightings) for one in visits.list()]
    assert shown == [
        ("Door", NOON, after(minutes=8, seconds=59), 3),
        ("Door", after(minutes=15), after(minutes=16), 4),
        ("Canteen", after(minutes=5), after(minutes=5), 1),
    ]
    assert {one.identification for one in map(_plain, visits.list())} == {
        _plain(visits.list()[0]).identification
    }
    assert visits.list()[0].identification == BY


def _plain(visit: Any) -> Any:
    return replace(visit, identification=str(visit.identification))


def test_a_clock_that_leaps_makes_another_visit_and_loses_none(
    visits: SqlVisits, registry: SqlRegistry, clock: Clock
) -> None:
    long_ago = Consent("v1", NOON - timedelta(days=400), visits=True)
    ana = registry.add_worker("Ana", None, long_ago, [photo(1)])
    for at in (NOON, after(hours=-5), after(minutes=-1), after(days=300)):
        visits.add([sighting(ana, at)])
    assert [one.sightings for one in visits.list(ana.id)] == [2, 1, 1]
    assert visits.kept().ahead == 1
    assert visits.destroy_ahead() == 1
    assert visits.list()[0].first_at == after(minutes=-1)
    assert visits.kept().ahead == 0


@pytest.mark.parametrize(
    "consent",
    [
        None,
        replace(AGREED, visits=False),
        replace(
            AGREED,
            given_at=after(seconds=1) - timedelta(days=1),
            expires_at=NOON - timedelta(days=1, hours=-1),
        ),
        replace(AGREED, expires_at=NOON - timedelta(days=2)),
    ],
    ids=["nothing", "something else", "later", "earlier"],
)
def test_of_who_did_not_agree_to_it_then_nothing_is_recorded(
    visits: SqlVisits, registry: SqlRegistry, consent: Consent | None
) -> None:
    kai = registry.add_worker("Kai", None, consent, [photo(1)])
    assert visits.add([sighting(kai, NOON - timedelta(days=1))]) == 0
    assert visits.list() == ()
    assert visits.kept().visits == 0


@BOTH
def test_what_waits_of_who_is_gone_meanwhile_is_never_written(
    visits: SqlVisits, registry: SqlRegistry, engine: Engine
) -> None:
    ana, eva, luz = (
        registry.add_worker(name, None, AGREED, [photo(n)]) for n, name in enumerate(["A", "E", "L"])
    )
    waiting = [sighting(one) for one in (ana, eva, luz)]
    registry.remove_worker(ana.id)
    withdraw_consent(registry, eva.id, after(minutes=1))
    registry.set_consent(luz.id, Consent("v2", after(hours=-1)))
    assert visits.add(waiting) == 0
    somebody_else = replace(sighting(luz), enrolled_at=luz.created_at - timedelta(days=1))
    registry.set_consent(luz.id, Consent("v3", after(hours=-1), visits=True))
    assert visits.add([somebody_else]) == 0, "an id of another copy of the registry"
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET consent_visits = true"))
    assert visits.add([sighting(eva)]) == 0
    with writing(engine) as connection:
        connection.execute(text("UPDATE workers SET name = 'other' WHERE id = :id"), {"id": luz.id})
    assert visits.add([sighting(luz)]) == 0, "a worker whom somebody without the key changed"


def gone(registry: SqlRegistry, worker: Worker) -> Callable[[str], object]:
    deeds: dict[str, Callable[[], object]] = {
        "removed": lambda: registry.remove_worker(worker.id),
        "withdrawn": lambda: withdraw_consent(registry, worker.id, after(minutes=1)),
        "not covered": lambda: registry.set_consent(worker.id, Consent("v2", after(hours=-1))),
    }
    return lambda deed: deeds[deed]()


@BOTH
@pytest.mark.parametrize("deed", ["removed", "withdrawn", "not covered"])
def test_visits_go_at_once_with_the_consent_to_them_and_so_do_their_keys(
    visits: SqlVisits, registry: SqlRegistry, engine: Engine, ana: Worker, deed: str
) -> None:
    eva = registry.add_worker("Eva", None, AGREED, [photo(2)])
    visits.add([sighting(ana), sighting(ana, place="Canteen"), sighting(eva)])
    gone(registry, ana)(deed)
    assert [one.worker_id for one in visits.list()] == [eva.id]
    with reading(engine) as connection:
        keys = data_keys(connection, key_set_of(connection) or "")
        assert {slot for slot, _ in keys.all()} == {*used(connection)}


def test_when_the_consent_has_ended_visits_go_after_the_grace(
    visits: SqlVisits, registry: SqlRegistry, engine: Engine, clock: Clock
) -> None:
    ana = registry.add_worker("Ana", None, replace(AGREED, expires_at=after(days=2)), [photo(1)])
    visits.add([sighting(ana)])
    registry.forget_photos(ana.id, after(days=1))
    retention = Retention(timedelta(days=30))
    enforce_retention(registry, SqlKept(engine), retention, after(days=31))
    assert visits.kept().visits == 1
    assert enforce_retention(registry, SqlKept(engine), retention, after(days=33)).expired == (ana.id,)
    assert visits.kept().visits == 0


@BOTH
def test_visits_of_old_days_are_destroyed_and_of_no_other(visits: SqlVisits, ana: Worker) -> None:
    for days in (-8, -3, -2, 0):
        visits.add([sighting(ana, after(days=days))])
    assert visits.destroy(before=after(days=-2)) == 2
    assert [one.first_at for one in visits.list()] == [after(days=-2), NOON]
    assert visits.kept().first_day == after(days=-2).replace(hour=0)
    assert visits.destroy(ana.id + 1) == 0
    assert visits.destroy(ana.id) == 2


@BOTH
def test_a_list_is_of_a_worker_of_a_time_and_in_parts(
    visits: SqlVisits, registry: SqlRegistry, ana: Worker
) -> None:
    eva = registry.add_worker("Eva", None, AGREED, [photo(2)])
    for hours in range(6):
        visits.add([sighting(who, after(hours=hours)) for who in (ana, eva)])
    assert {one.worker_id for one in visits.list(ana.id)} == {ana.id}
    some = visits.list(since=after(hours=2), until=after(hours=4))
    assert [one.first_at for one in some] == [after(hours=2)] * 2 + [after(hours=3)] * 2
    first = visits.list(eva.id, limit=4)
    rest = visits.list(eva.id, after_id=first[-1].id, limit=4)
    assert [one.first_at for one in (*first, *rest)] == [after(hours=hours) for hours in range(6)]
    assert visits.list(2**70) == visits.list(after_id=2**70) == ()


@BOTH
def test_in_clear_lie_whose_a_visit_is_and_its_day(visits: SqlVisits, engine: Engine, ana: Worker) -> None:
    visits.add([sighting(ana, place="Back door")])
    with reading(engine) as connection:
        (row,) = connection.execute(select(VisitRow.__table__)).all()
    assert is_sealed(row.details)
    assert (row.worker_id, row.day) == (ana.id, NOON.replace(hour=0))
    assert b"door" not in row.details
    conversion.decrypt(engine)
    with reading(engine) as connection:
        (row,) = connection.execute(select(VisitRow.__table__)).all()
    assert b"Back door" in row.details
    before = visits.list()
    conversion.encrypt(engine)
    assert visits.list() == before
    visits.add([sighting(ana, after(minutes=1), "Back door")])
    assert visits.list()[0].sightings == 2


@pytest.mark.parametrize(
    "change", [{"day": NOON - timedelta(days=40)}, {"worker_id": 2}, {"details": b"{}"}, {"id": 99}], ids=str
)
def test_a_visit_that_somebody_changed_is_left_out(
    visits: SqlVisits, registry: SqlRegistry, engine: Engine, ana: Worker, change: dict[str, Any]
) -> None:
    registry.add_worker("Eva", None, AGREED, [photo(2)])
    visits.add([sighting(ana)])
    with writing(engine) as connection:
        connection.execute(update(VisitRow.__table__).values(change))
        assert marks.refused_by_table(connection) == {"visits": 1}
    assert visits.list() == ()
    visits.add([sighting(ana)])
    assert [one.worker_id for one in visits.list()] == [ana.id], "what is new has nothing to do with it"


def test_a_copy_in_another_database_has_the_same_visits(
    visits: SqlVisits, engine: Engine, ana: Worker, opened: Callable[..., Engine], tmp_path: Any
) -> None:
    visits.add([sighting(ana), sighting(ana, place="Canteen")])
    other = opened(f"sqlite:///{tmp_path / 'copy.db'}", master=engine.get_execution_options()[KEYRING].master)
    copying.copy(engine, other)
    there = SqlVisits(other, PAUSE)
    assert len(there.list()) == 2
    prepare(other)
    with reading(other) as connection:
        assert marks.refused_by_table(connection) == {}


class Unwilling(SqlVisits):
    """A disk that is full for a while."""

    full = False

    def add(self, sightings: Any) -> int:
        if self.full:
            raise RegistryBusy("The disk is full.")
        return super().add(sightings)


def test_what_cannot_be_written_waits_within_bounds(
    registry: SqlRegistry, engine: Engine, ana: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Unwilling(engine, PAUSE)
    queue = VisitQueue(store, PAUSE, each=3600)
    store.full = True
    for minute in range(0, 60, 2):
        queue.note([sighting(ana, after(minutes=minute))])
        queue.flush()
    queue.note([sighting(ana, after(hours=3))])
    queue.flush()
    monkeypatch.setattr("facevec.usecases.visits.MOST", 7)
    for number in range(20):
        queue.note([sighting(ana, place=f"place {number}")])
    store.full = False
    queue.close()
    first = store.list(limit=2)
    assert [(one.first_at, one.last_at, one.sightings) for one in first] == [
        (NOON, after(minutes=58), 30),
        (after(hours=3), after(hours=3), 1),
    ]
    assert store.kept().visits == 7


def test_a_visit_that_goes_on_is_not_written_each_time(
    registry: SqlRegistry, engine: Engine, ana: Worker
) -> None:
    store = SqlVisits(engine, PAUSE)
    queue = VisitQueue(store, PAUSE, each=3600)
    for second in range(5):
        queue.note([sighting(ana, after(seconds=second))])
        queue._flush(before=time.monotonic() - GOING_ON)
    queue.note([sighting(ana, place="Canteen")])
    queue._flush(before=time.monotonic() - GOING_ON)
    assert [one.sightings for one in store.list()] == [1, 1], "what is new is written at once"
    queue._flush(before=time.monotonic() + 1)
    assert [one.sightings for one in store.list()] == [5, 1]
    queue.close()


def test_nobody_waits_and_no_thread_loses_any(registry: SqlRegistry, engine: Engine, ana: Worker) -> None:
    store = SqlVisits(engine, PAUSE)
    queue = VisitQueue(store, PAUSE, each=0.01)

    def camera() -> None:
        for second in range(100):
            queue.note([sighting(ana, after(seconds=second))])

    threads = [threading.Thread(target=camera) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queue.close()
    (visit,) = store.list()
    assert (visit.sightings, visit.last_at - visit.first_at) == (400, timedelta(seconds=99))
