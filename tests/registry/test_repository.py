"""What every registry does, on SQLite and on PostgreSQL."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, update

from facevec.errors import (
    ContractMismatch,
    PhotoAlreadyEnrolled,
    WorkerAmbiguous,
    WorkerError,
    WorkerExists,
    WorkerNotFound,
)
from facevec.registry.repository import SqlRegistry
from facevec.registry.tables import ChangeRow, PhotoRow, StateRow, TemplateRow, WorkerRow
from facevec.types import Consent, RegistryState
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import QUALITY, photo, vector

GIVEN = datetime(2026, 1, 31, 9, 0, tzinfo=timezone(timedelta(hours=-5)))
HUGE = 2**70


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


SAME = [
    "Ana García",
    "  ana garcía ",
    "ANA GARCÍA",
    unicodedata.normalize("NFD", "Ana García"),
    "ana_garcía",
    "Ana  \u00a0García",
    "Ana García. ",
]


@pytest.mark.parametrize("second", SAME)
def test_a_name_is_used_once(registry: SqlRegistry, second: str) -> None:
    registry.add_worker("Ana García", None, None, [])
    with pytest.raises(WorkerExists, match="external id"):
        registry.add_worker(second, None, None, [photo(1)])
    assert registry.state().revision == 1
    assert registry.photo_owner(photo(1).sha256) is None


OTHERS = ["AnaxGarcía", "Ana X García", "García Ana", "Ana Garcí", "An% García", "Ana.García", "AnaGarcía"]


@pytest.mark.parametrize("other", OTHERS)
def test_another_name_is_another_name(registry: SqlRegistry, other: str) -> None:
    ana = registry.add_worker("Ana García", None, None, [])
    assert registry.namesakes(other) == ()
    with pytest.raises(WorkerNotFound):
        registry.find_worker(other)
    namesake = registry.add_worker(other, None, None, [])
    assert (registry.namesakes("ana_garcía"), registry.namesakes(other)) == ((ana,), (namesake,))


@pytest.mark.parametrize("odd", ["_", "...", "50% / 100_%", "/", "x" * 200, "ß" * 200])
def test_a_name_of_any_characters_is_found(registry: SqlRegistry, odd: str) -> None:
    worker = registry.add_worker(odd, None, None, [])
    registry.add_worker("Ana", None, None, [])
    assert registry.find_worker(odd) == worker
    assert registry.namesakes(odd) == (worker,)


def test_a_key_longer_than_any_name_is_nobodys(registry: SqlRegistry) -> None:
    registry.add_worker("Ana", None, None, [])
    assert registry.namesakes("a" * 100_000) == registry.namesakes("") == registry.namesakes("\udce9") == ()
    with pytest.raises(WorkerNotFound):
        registry.find_worker("external:\udce9")


def test_an_external_id_is_compared_to_the_letter_but_for_case(registry: SqlRegistry) -> None:
    registry.add_worker("Ana", "E_1", None, [])
    registry.add_worker("Eva", "E 1", None, [])
    assert registry.worker_of("e_1", "ANA_").name == "Ana"
    with pytest.raises(WorkerExists):
        registry.worker_of("e 1", "Ana")


def test_two_workers_of_one_name_are_told_apart_by_external_ids(registry: SqlRegistry) -> None:
    registry.add_worker("Ana García", "E-1", None, [])
    registry.add_worker("Ana García", "E-2", None, [])
    with pytest.raises(WorkerExists, match="e-1"):
        registry.add_worker("Someone else", " e-1", None, [])
    with pytest.raises(WorkerExists, match="external id"):
        registry.add_worker("Ana García", None, None, [])


def test_an_external_id_does_not_excuse_the_other_worker_having_none(registry: SqlRegistry) -> None:
    registry.add_worker("Ana García", None, None, [])
    with pytest.raises(WorkerExists):
        registry.add_worker("Ana García", "E-1", None, [])


BAD_TEXTS = ["", "  ", "a\x00b", "a\nb", "a\u2028b", "a\u202eb", "a\ud800b", "x" * 201]


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_a_name_or_external_id_that_cannot_be_shown_is_refused(registry: SqlRegistry, bad: str) -> None:
    with pytest.raises(WorkerError):
        registry.add_worker(bad, None, None, [])
    with pytest.raises(WorkerError):
        registry.add_worker("Ana", bad, None, [])
    worker = registry.add_worker("x" * 200, "y" * 100, None, [])
    with pytest.raises(WorkerError):
        registry.update_worker(worker.id, name=bad)
    assert registry.worker(worker.id).name == "x" * 200


def test_renaming(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    registry.add_worker("Eva", None, None, [])
    assert registry.update_worker(ana.id, name="ANA").name == "ANA"
    with pytest.raises(WorkerExists):
        registry.update_worker(ana.id, name="eva")
    assert registry.worker(ana.id).name == "ANA"
    assert registry.changed_since(2) == (3, (ana.id,))


def test_finding_by_id_external_id_or_name(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana García", "E-1", None, [])
    external, called = ("external:E-1", "External: e-1"), ("name:Ana García", "name: ANA GARCÍA ")
    for key in (str(ana.id), f"id:{ana.id}", "ID: 1", *external, *called, "E-1", "e-1 ", *SAME):
        assert registry.find_worker(key) == registry.find_worker(key, certain=True) == ana
    no_ids = (
        "Ren\udce9",
        "name:\udce9",
        "id:",
        f"id:{HUGE}",
        str(HUGE),
        "0",
        "-1",
        "²",
        "01",
        "id:01",
        "1.0",
        "+1",
    )
    for key in ("nobody", "", "external:1", "name:E-1", "external:Ana García", "name:", ":1", *no_ids):
        with pytest.raises(WorkerNotFound):
            registry.find_worker(key)


NUMBERED = {
    "a name": ("10", None),
    "an external id": ("Ana", "10"),
    "an external id with leading zeros": ("Ana", "0010"),
    "a number with a dot": ("10.", None),
}


@pytest.mark.parametrize(("name", "external_id"), NUMBERED.values(), ids=NUMBERED)
def test_where_workers_are_called_by_numbers_a_bare_number_is_no_certain_id(
    registry: SqlRegistry, name: str, external_id: str | None
) -> None:
    eva = registry.add_worker("Eva", "id:jdoe", None, [])
    assert registry.find_worker("1", certain=True) == eva
    ten = registry.add_worker(name, external_id, None, [])
    assert registry.find_worker("2") == ten
    for key in ("1", " 2"):
        with pytest.raises(WorkerAmbiguous, match=rf"id:{key.strip()}, external:{key.strip()} or name:"):
            registry.find_worker(key, certain=True)
    with pytest.raises(WorkerNotFound):
        registry.find_worker("3", certain=True)
    explicit = f"name:{name}" if external_id is None else f"external:{external_id}"
    for key in ("id:2", external_id or name, explicit):
        assert registry.find_worker(key, certain=True) == ten
    assert registry.find_worker("id:jdoe", certain=True) == eva


def test_a_number_that_is_id_and_name_of_one_worker_is_certain(registry: SqlRegistry) -> None:
    one, two = (registry.add_worker(name, None, None, []) for name in ("1", "3"))
    assert registry.find_worker("1", certain=True) == one
    assert registry.find_worker("3", certain=True) == two


def test_a_key_of_two_workers_is_ambiguous_until_it_says_id(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [])
    eva = registry.add_worker("Eva", str(ana.id), None, [])
    with pytest.raises(WorkerAmbiguous, match=f"id:{ana.id}, id:{eva.id}"):
        registry.find_worker(str(ana.id))
    assert registry.find_worker(f"id:{ana.id}") == ana
    registry.add_worker("Luz", "E-3", None, [])
    registry.add_worker("Luz", "E-4", None, [])
    with pytest.raises(WorkerAmbiguous):
        registry.find_worker("luz")


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
    first = registry.photos(ana.id)[0]
    for wrong in ((eva.id, first.id), (ana.id, HUGE), (ana.id, 999)):
        with pytest.raises(WorkerNotFound):
            registry.remove_photo(*wrong)
    assert registry.remove_photo(ana.id, first.id).photo_count == 1
    assert np.array_equal(registry.templates(CONTRACT, [ana.id])[1].vectors, vector(2)[np.newaxis])
    assert registry.changed_since(2) == (3, (ana.id,))


def test_removing_a_worker_leaves_nothing_but_the_change(registry: SqlRegistry, engine: Engine) -> None:
    ana = registry.add_worker("Ana", "E-1", None, [photo(1), photo(2)])
    assert registry.remove_worker(ana.id) == ana
    for table in (WorkerRow, PhotoRow, TemplateRow):
        assert count(engine, table) == 0
    again = registry.add_worker("Ana", "E-1", None, [photo(1)])
    assert again.id > ana.id


def test_changes_since(registry: SqlRegistry) -> None:
    ana = registry.add_worker("Ana", None, None, [photo(1)])
    eva = registry.add_worker("Eva", None, None, [photo(2)])
    registry.add_photos(ana.id, [photo(3)])
    registry.remove_worker(eva.id)
    assert registry.changed_since(0) == (4, (ana.id, eva.id))
    assert registry.changed_since(3) == (4, (eva.id,))
    assert registry.changed_since(4) == (4, ())
    assert registry.changed_since(9) == (4, ())


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
    assert registry.claim_model(MODEL, CONTRACT) == RegistryState(0, MODEL, CONTRACT)
    with pytest.raises(ContractMismatch, match=MODEL):
        registry.claim_model("model-b", "contract-b")
    with pytest.raises(ContractMismatch):
        registry.add_worker("Ana", None, None, [photo(1, contract="contract-b")])
    assert registry.state() == RegistryState(0, MODEL, CONTRACT)
    assert count(engine, WorkerRow) == 0


def test_no_template_enters_before_a_model_is_chosen(engine: Engine) -> None:
    registry = SqlRegistry(engine)
    assert registry.state() == RegistryState(0, None, None)
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
