"""Who was decided to be somebody else: recorded with the photos, of both, until one of them goes."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import Engine, text

from facevec.errors import RegistryError, WorkerNotFound
from facevec.registry import schema
from facevec.registry.engine import reading, reshaping, writing
from facevec.registry.repository import SqlRegistry
from facevec.types import DistinctFrom, Worker
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo


def enrol(registry: SqlRegistry, name: str, *others: Worker, by: str = "user:boss") -> Worker:
    decided = DistinctFrom(tuple(other.id for other in others), by) if others else None
    number = len(registry.list_workers()) + 1
    return registry.add_worker(name, None, None, [photo(number)], decided)


def names(worker: Worker) -> list[str]:
    return [other.name for other in worker.distinct_from]


def test_it_is_told_of_both_wherever_they_are_read(registry: SqlRegistry) -> None:
    ana, ben, eva = (enrol(registry, name) for name in ("Ana", "Ben", "Eva"))
    zoe = enrol(registry, "Zoe", eva, ana)
    for workers in (
        registry.list_workers(),
        [registry.workers([one.id])[one.id] for one in (ana, ben, eva, zoe)],
        [registry.find_worker(one.name) for one in (ana, ben, eva, zoe)],
    ):
        assert [names(worker) for worker in workers] == [["Zoe"], [], ["Zoe"], ["Ana", "Eva"]]
    assert names(zoe) == ["Ana", "Eva"]
    assert registry.distinct_pairs() == ((ana.id, zoe.id), (eva.id, zoe.id))


def test_it_is_part_of_the_change_that_adds_the_photos(registry: SqlRegistry) -> None:
    ana = enrol(registry, "Ana")
    revision = registry.state().revision
    with pytest.raises(WorkerNotFound, match="no worker 4711"):
        registry.add_worker("Zoe", None, None, [photo(9)], DistinctFrom((ana.id, 4711), "user:boss"))
    assert (registry.state().revision, len(registry.list_workers())) == (revision, 1)
    assert registry.distinct_pairs() == ()
    enrol(registry, "Zoe", ana)
    assert registry.state().revision == revision + 1


def test_the_first_decision_stands(registry: SqlRegistry) -> None:
    ana = enrol(registry, "Ana")
    zoe = enrol(registry, "Zoe", ana, ana)
    again = registry.add_photos(ana.id, [photo(9)], distinct_from=DistinctFrom((zoe.id,), "key:0a1b2c3d"))
    assert again.distinct_from[0].decided_by == "user:boss"
    assert again.distinct_from[0].decided_at == zoe.distinct_from[0].decided_at


@pytest.mark.parametrize("removed", ["Ana", "Zoe"])
def test_it_goes_with_either_of_them(registry: SqlRegistry, removed: str) -> None:
    ana = enrol(registry, "Ana")
    enrol(registry, "Zoe", ana)
    registry.remove_worker(registry.find_worker(removed).id)
    (left,) = registry.list_workers()
    assert (left.distinct_from, registry.distinct_pairs()) == ((), ())


def test_a_new_name_is_told(registry: SqlRegistry) -> None:
    ana = enrol(registry, "Ana")
    zoe = enrol(registry, "Zoe", ana)
    registry.update_worker(ana.id, name="Ana Ruiz")
    assert names(registry.worker(zoe.id)) == ["Ana Ruiz"]


def test_a_pair_is_stored_once_and_in_order(engine: Engine, registry: SqlRegistry) -> None:
    ana = enrol(registry, "Ana")
    zoe = enrol(registry, "Zoe", ana)
    for pair in ((zoe.id, ana.id), (ana.id, ana.id), (ana.id, zoe.id)):
        with pytest.raises(RegistryError), writing(engine) as connection:
            connection.execute(
                text("INSERT INTO distinctions VALUES (:first, :second, 'user:x', '2026-01-01')"),
                {"first": pair[0], "second": pair[1]},
            )
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM distinctions")) == 1


def test_a_registry_from_before_takes_them_after_an_upgrade(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    ana = enrol(registry, "Ana")
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0007")
    assert schema.upgrade(engine).up_to_date
    assert registry.worker(ana.id) == ana
    assert names(enrol(registry, "Zoe", ana)) == ["Ana"]
