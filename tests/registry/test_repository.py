"""What every registry does, on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, update

from facevec.errors import (
    ContractMismatch,
    PhotoAlreadyEnrolled,
    RegistryReplaced,
    WorkerError,
    WorkerNotFound,
)
from facevec.registry import history
from facevec.registry.repository import SqlRegistry
from facevec.registry.state import read_state
from facevec.registry.tables import ChangeRow, PhotoRow, StateRow, TemplateRow, WorkerRow
from facevec.types import Consent, RegistryState
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import HUGE, QUALITY, photo, vector

GIVEN = datetime(2026, 1, 31, 9, 0, tzinfo=timezone(timedelta(hours=-5)))


def count(engine: Engine, table: type) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_a_worker_comes_back_as_added(registry: SqlRegistry) -> None:
    added = registry.add_worker("Ana García", "E-17", None, [photo(1), photo(2, pixels=b"\xff\xd8")])
    assert (added.name, added.external_id, added.status, added.photo_count) == (
        "Ana García",
        "E-17",
        "active",
        2,
    )
    assert added.created_at.utcoffset() == timedelta(0)
    assert abs(added.created_at - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert registry.worker(added.id) == added
    first, second = registry.photos(added.id)
    assert (first.sha256, first.source, first.quality) == (photo(1).sha256, "photo-1.jpg", QUALITY)
    assert (first.has_pixels, second.has_pixels) == (False, True)
    assert first.created_at.utcoffset() == timedelta(0)


def test_templates_come_back_bit_for_bit(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    eva = registry.add_worker("Eva", None, None, [photo(2)])
    registry.add_photos(ana.id, [photo(3)])
    revision, templates = registry.templates(CONTRACT)
    assert revision == 3
    assert templates.worker_ids.tolist() == [ana.id, ana.id, eva.id]
    assert templates.vectors.dtype == np.float32
    assert np.array_equal(templates.vectors, np.stack([vector(1), vector(3), vector(2)]))
    _, some = registry.templates(CONTRACT, [eva.id, 999])
    assert np.array_equal(some.vectors, vector(2)[np.newaxis])


@pytest.mark.parametrize("ids", [None, [], [7]])
def test_no_templates_are_an_empty_array(registry: SqlRegistry, ids: list[int] | None) -> None:
    _, templates = registry.templates(CONTRACT, ids)
    assert templates.worker_ids.shape == (0,)
    assert len(templates.vectors) == 0


def test_templates_of_another_contract_stay_out(registry: SqlRegistry) -> None:
    registry.add_worker("Ana", None, None, [photo(1)])
    assert len(registry.templates("contract-b")[1].worker_ids) == 0


def test_consent_comes_back_in_utc(registry: SqlRegistry) -> None:
    consent = Consent("2026-01", GIVEN, GIVEN + timedelta(days=36500))
    worker = registry.add_worker("Ana", None, consent, [])
    assert worker.consent == consent
    assert worker.consent.given_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "consent",
    [
        Consent("v1", GIVEN.replace(tzinfo=None)),
        Consent("v1", GIVEN, GIVEN.replace(tzinfo=None)),
        Consent("v1", GIVEN, GIVEN),
        Consent(" ", GIVEN),
    ],
)
def test_a_consent_that_makes_no_sense_is_refused(registry: SqlRegistry, consent: Consent) -> None:
    with pytest.raises(WorkerError):
        registry.add_worker("Ana", None, consent, [])
    assert registry.list_workers() == ()


def test_who_is_looked_for_by_an_id_that_no_database_holds_is_nobody(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    for nobody in (HUGE, -HUGE):
        both = [nobody, ana.id]
        assert registry.known(both).keys() == registry.workers(both).keys() == {ana.id}
        assert registry.seal(nobody) is None
        assert len(registry.templates(CONTRACT, both)[1].vectors) == 1


@pytest.mark.parametrize("nobody", [7, 0, -1, HUGE])
def test_an_unknown_worker_is_not_found(registry: SqlRegistry, nobody: int) -> None:
    calls = (
        lambda: registry.worker(nobody),
        lambda: registry.photos(nobody),
        lambda: registry.add_photos(nobody, [photo(1)]),
        lambda: registry.remove_photo(nobody, 1),
        lambda: registry.update_worker(nobody, name="Ana"),
        lambda: registry.remove_worker(nobody),
    )
    for call in calls:
        with pytest.raises(WorkerNotFound):
            call()
    assert registry.state().revision == 0


def test_a_photo_is_enrolled_once(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    with pytest.raises(PhotoAlreadyEnrolled, match=f"worker {ana.id}"):
        registry.add_worker("Eva", None, None, [photo(2), photo(1)])
    with pytest.raises(PhotoAlreadyEnrolled, match="twice"):
        registry.add_photos(ana.id, [photo(3), photo(3)])
    assert [worker.name for worker in registry.list_workers()] == ["Ana"]
    assert registry.photo_owner(photo(1).sha256) == ana.id
    assert registry.photo_owner(photo(2).sha256) is None
    assert registry.state().revision == 1


def test_removing_a_photo_takes_its_template(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1), photo(2)])
    eva = registry.add_worker("Eva", None, None, [photo(3)])
    first, before = registry.photos(ana.id)[0], registry.position()
    for wrong in ((eva.id, first.id), (ana.id, HUGE), (ana.id, 999)):
        with pytest.raises(WorkerNotFound):
            registry.remove_photo(*wrong)
    assert registry.remove_photo(ana.id, first.id).photo_count == 1
    assert np.array_equal(registry.templates(CONTRACT, [ana.id])[1].vectors, vector(2)[np.newaxis])
    assert registry.changed_since(before) == (registry.position(), (ana.id,))


def test_removing_a_worker_leaves_nothing_but_the_change(registry: SqlRegistry, engine: Engine) -> None:
    ana = registry.add_worker("Ana", "E-1", None, [photo(1), photo(2)])
    assert registry.remove_worker(ana.id) == ana
    for table in (WorkerRow, PhotoRow, TemplateRow):
        assert count(engine, table) == 0
    again = registry.add_worker("Ana", "E-1", None, [photo(1)])
    assert again.id > ana.id


def test_changes_since(registry: SqlRegistry) -> None:
    empty = registry.position()
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    eva = registry.add_worker("Eva", None, None, [photo(2)])
    registry.add_photos(ana.id, [photo(3)])
    third = registry.position()
    registry.remove_worker(eva.id)
    now = registry.position()
    assert [position.revision for position in (empty, third, now)] == [0, 3, 4]
    assert registry.changed_since(empty) == (now, (ana.id, eva.id))
    assert registry.changed_since(third) == (now, (eva.id,))
    assert registry.changed_since(now) == (now, ())


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"registry": "another"},
        {"epoch": 1},
        {"digest": "another way"},
        {"revision": 1, "digest": "another way"},
        {"revision": 9},
        {"revision": 0, "digest": "another beginning"},
    ],
)
def test_where_the_registry_never_stood_nothing_is_compared_with(
    registry: SqlRegistry, elsewhere: dict[str, Any]
) -> None:
    for number in range(2):
        ana = registry.add_worker(f"Ana {number}", None, None, [photo(number)])
    foreign = replace(registry.position(), **elsewhere)
    for ask in (
        lambda: registry.changed_since(foreign),
        lambda: registry.next_page(CONTRACT, 0, foreign),
        lambda: registry.page_of(CONTRACT, [ana.id], foreign),
        lambda: registry.workers([ana.id], foreign),
    ):
        with pytest.raises(RegistryReplaced):
            ask()


def test_two_copies_that_change_alike_at_the_same_moment_part_for_good(engine: Engine) -> None:
    """A copy goes on from where the other does: the same ids, the same kinds of change, the same clock."""
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    positions = []
    for _ in range(2):
        with engine.connect() as connection:
            connection.execute(update(StateRow).values(revision=1))
            history.append(connection, 1, "worker_added", at)
            positions.append(read_state(connection).position)
            connection.rollback()
    first, second = positions
    assert (first.registry, first.revision) == (second.registry, second.revision)
    assert first.digest != second.digest


def test_the_newest_removal(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1), photo(2)])
    registry.add_worker("Eva", None, None, [photo(3)])
    assert registry.newest_removal() == 0
    registry.remove_photo(ana.id, registry.photos(ana.id)[0].id)
    registry.update_worker(ana.id, name="Ann")
    assert registry.newest_removal() == 3
    registry.remove_worker(ana.id)
    assert registry.newest_removal() == 5


def test_the_model_is_chosen_once(registry: SqlRegistry, engine: Engine) -> None:
    assert registry.claim_model(MODEL, CONTRACT) == RegistryState(registry.position(), MODEL, CONTRACT)
    with pytest.raises(ContractMismatch, match=MODEL):
        registry.claim_model("model-b", "contract-b")
    with pytest.raises(ContractMismatch):
        registry.add_worker("Ana", None, None, [photo(1, contract="contract-b")])
    assert registry.state() == RegistryState(registry.position(), MODEL, CONTRACT)
    assert registry.state().revision == 0
    assert count(engine, WorkerRow) == 0


def test_no_template_enters_before_a_model_is_chosen(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    assert registry.state() == RegistryState(registry.position(), None, None)
    with pytest.raises(ContractMismatch):
        registry.add_worker("Ana", None, None, [photo(1)])
    registry.add_worker("Ana", None, None, [])


def test_inactive_and_expired_workers_are_not_recognized(registry: SqlRegistry, engine: Engine) -> None:
    expired = Consent("v1", GIVEN - timedelta(days=9), GIVEN)
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    eva = registry.add_worker("Eva", None, expired, [photo(2)])
    luz = registry.add_worker("Luz", None, None, [photo(3)])
    with engine.begin() as connection:
        connection.execute(update(WorkerRow).where(WorkerRow.id == luz.id).values(status="inactive"))
    assert list(registry.workers([ana.id, eva.id, luz.id, 999])) == [ana.id]
    assert registry.templates(CONTRACT)[1].worker_ids.tolist() == [ana.id]
    withheld = registry.withheld_templates(CONTRACT)
    assert withheld.worker_ids.tolist() == [eva.id, luz.id]
    assert np.array_equal(withheld.vectors, np.stack([vector(2), vector(3)]))
    assert len(registry.withheld_templates("contract-b").worker_ids) == 0
    assert len(registry.list_workers()) == 3


def test_more_ids_than_a_statement_takes(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    ids = np.arange(70_000)
    assert list(registry.workers(ids)) == [ana.id]
    assert registry.templates(CONTRACT, ids)[1].worker_ids.tolist() == [ana.id]


def test_listing_in_pages(registry: SqlRegistry) -> None:
    added = [registry.add_worker(name, None, None, []) for name in ("Ana", "Eva", "Luz")]
    assert registry.list_workers() == tuple(added)
    assert registry.list_workers(limit=2) == tuple(added[:2])
    assert registry.list_workers(after_id=added[1].id, limit=2) == tuple(added[2:])
    assert registry.list_workers(after_id=HUGE) == ()


def test_a_source_no_database_can_hold_is_stored_readably(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1, source="caf\udce9/\x00\n.jpg")])
    assert registry.photos(ana.id)[0].source == "caf\ufffd/\ufffd\ufffd.jpg"


def test_each_change_is_one_revision(registry: SqlRegistry, engine: Engine) -> None:
    ana = registry.add_worker("Ana", None, None, [])
    registry.add_photos(ana.id, [photo(1)])
    registry.remove_photo(ana.id, registry.photos(ana.id)[0].id)
    registry.update_worker(ana.id, name="Eva")
    registry.remove_worker(ana.id)
    with engine.connect() as connection:
        log = connection.execute(select(ChangeRow.revision, ChangeRow.kind).order_by(ChangeRow.revision))
        assert [tuple(row) for row in log] == [
            (1, "worker_added"),
            (2, "photos_added"),
            (3, "photo_removed"),
            (4, "worker_updated"),
            (5, "worker_removed"),
        ]
        assert connection.scalar(select(StateRow.revision)) == 5
