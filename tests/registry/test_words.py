"""Names, external ids and whatever else is told of people in words is encrypted, and found all the same."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import Engine, text

from facevec.errors import (
    MasterKeyUnavailable,
    PhotoAlreadyEnrolled,
    RegistryError,
    WorkerAmbiguous,
    WorkerExists,
    WorkerNotFound,
)
from facevec.registry import conversion, marks
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.encryption import values, words
from facevec.registry.engine import reading, writing
from facevec.registry.model_changes import SqlModelChanges
from facevec.registry.records import SqlRecords
from facevec.registry.repository import SqlRegistry
from facevec.registry.rotation import SqlWrappedKeys
from facevec.registry.tables import PhotoRow, WorkerRow
from tests.madeupmaster import MadeUpMaster, under
from tests.registry.encrypted import PICTURE, Opened, all_keys, begun, on_disk
from tests.registry.photos import photo

NAME, ID = "Zoë Łukasiewicz-Ødegård", "PERS-00471"
AGREEMENT = "I agree that Initech recognises my face at the gates."


def peopled(engine: Engine, *, encrypted: bool = True) -> SqlRegistry:
    registry = begun(engine, encrypted=encrypted)
    zoe = registry.add_worker(NAME, ID, None, [photo(20, source="zoe lukasiewicz.jpg", pixels=PICTURE)])
    registry.add_worker("4711", "4712", None, [photo(21)])
    assert zoe.id == 4
    SqlConsentRecords(engine).add_text("v1", AGREEMENT, "user:ada")
    return registry


def behaves(registry: SqlRegistry) -> None:
    """Everything that is looked up by a word is found by it, and nothing is enrolled twice."""
    assert [worker.name for worker in registry.list_workers()] == [
        *(f"Worker {number}" for number in range(3)),
        NAME,
        "4711",
    ]
    for key in (
        NAME,
        f"  {NAME.upper()} ",
        "zoë_łukasiewicz-ødegård",
        ID,
        ID.lower(),
        f"external:{ID}",
        "id:4",
    ):
        assert registry.find_worker(key).id == 4, key
    assert registry.find_worker("name:4711").id == 5
    with pytest.raises(WorkerAmbiguous, match="numbers as names"):
        registry.find_worker("2", certain=True)
    stored = stored_key(registry, "name_key")
    for nobody in ("Zoë", "4713", *([stored] if words.is_hash(stored) else [])):
        with pytest.raises(WorkerNotFound):
            registry.find_worker(nobody)
    assert [worker.id for worker in registry.namesakes(NAME)] == [4]
    known = registry.worker_of(ID, NAME)
    assert known is not None
    assert (known.name, known.external_id) == (NAME, ID)
    assert registry.worker_of("nobody's", NAME) is None
    with pytest.raises(WorkerExists, match="called otherwise"):
        registry.worker_of(ID, "Worker 1")
    with pytest.raises(WorkerExists, match="is called 'Worker 1' already"):
        registry.require_addable("worker_1", None, None)
    with pytest.raises(WorkerExists, match="belongs to worker 4"):
        registry.require_addable("Somebody", ID.lower(), None)
    with pytest.raises(WorkerExists, match="looks like 'Worker 1'"):
        registry.require_addable("W\u043erker 1", None, None)
    with pytest.raises(WorkerExists, match="is called 'Worker 2' already"):
        registry.update_worker(1, name="Worker 2")
    assert registry.photo_owner(photo(20).sha256) == 4
    assert registry.photo_owner(photo(99).sha256) is None
    with pytest.raises(PhotoAlreadyEnrolled):
        registry.add_photos(1, [photo(20)])
    (kept,) = registry.photos(4)
    assert (kept.source, kept.sha256) == ("zoe lukasiewicz.jpg", photo(20).sha256)
    record = SqlRecords(registry._engine).record(4)
    assert (record.worker.name, record.photos[0].pixels) == (NAME, PICTURE)
    assert SqlConsentRecords(registry._engine).text("v1").text == AGREEMENT
    with reading(registry._engine) as connection:
        assert marks.refused_by_table(connection) == {}


def stored_key(registry: SqlRegistry, column: str) -> str:
    with reading(registry._engine) as connection:
        return str(connection.scalar(text(f"SELECT {column} FROM workers WHERE id = 4")))


def in_words() -> list[bytes]:
    """All that must not be found where it is encrypted."""
    said = [
        NAME,
        NAME.casefold(),
        ID,
        ID.casefold(),
        "zoe lukasiewicz",
        AGREEMENT,
        photo(20).sha256,
        "Worker 1",
    ]
    return [each.encode() for each in said]


def everything(engine: Engine) -> bytes:
    """Every row, and with SQLite every byte of the files."""
    with reading(engine) as connection:
        tables = ("workers", "photos", "consent_texts", "state", "changes", "removals")
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]
    disk = on_disk(engine) if engine.dialect.name == "sqlite" else b""
    return repr(rows).encode() + disk


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "in clear"])
def test_all_is_found_by_its_words_and_where_it_is_encrypted_lies_nowhere_in_clear(
    opened_with: Opened, encrypted: bool
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = peopled(engine, encrypted=encrypted)
    behaves(registry)
    stored = everything(engine)
    assert [said for said in in_words() if said in stored] == ([] if encrypted else in_words())


def test_a_registry_from_before_is_encrypted_some_rows_at_a_time_and_found_in_all_the_while_and_back(
    opened_with: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "ROWS_AT_ONCE", 2)
    engine = opened_with(MadeUpMaster())
    with monkeypatch.context() as before:
        before.setattr(words, "PERSONAL", {})  # as it was when faces alone were
        registry = peopled(engine)
    assert all(said in everything(engine) for said in in_words())
    behaves(registry)

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    half_way = 0
    for convert, kept in ((conversion.encrypt, True), (conversion.decrypt, False)):
        for _ in range(9):
            with pytest.raises(KeyboardInterrupt):
                convert(engine, Later(1, killed))
            behaves(registry)
            with reading(engine) as connection:
                survey = conversion.survey(connection)
            half_way += bool(survey.encrypted and survey.clear)
        survey = convert(engine)
        assert survey.encrypts is kept
        assert (survey.clear == 0) is kept
        behaves(registry)
        assert any(said in everything(engine) for said in in_words()) is not kept
    assert half_way > 6


class Later:
    """Calls another after so many calls."""

    def __init__(self, calls: int, then: object) -> None:
        self._left, self._then = calls, then

    def __call__(self, count: int) -> None:
        self._left -= 1
        if self._left < 0 and callable(self._then):
            self._then(count)


def test_who_is_removed_or_renamed_leaves_no_name_that_a_key_opens(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = peopled(engine)
    rows = {}
    with reading(engine) as connection:
        for table in (WorkerRow, PhotoRow):
            rows[table] = connection.execute(text(f"SELECT * FROM {table.__tablename__}")).all()
    keys = all_keys(engine)
    going = [row.words for row in rows[WorkerRow] if row.id in (1, 4)]
    going += [row.words for row in rows[PhotoRow] if row.worker_id == 4]
    registry.remove_worker(4)
    registry.update_worker(1, name="Somebody")
    assert registry.find_worker("Somebody").id == 1
    remaining = all_keys(engine)
    assert len(going) == 3
    for stored in going:
        key = keys[values.slot_of(bytes(stored))]
        assert key not in remaining.values()
    with pytest.raises(WorkerNotFound):
        registry.find_worker(NAME)
    registry.add_worker(NAME, ID, None, [photo(20)])


def test_a_hash_tells_nothing_to_who_has_another_registrys_keys(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = peopled(engine)
    before = stored_key(registry, "name_key")
    conversion.decrypt(engine)
    conversion.encrypt(engine)
    assert len(before) == len(stored_key(registry, "name_key")) == 64
    assert before != stored_key(registry, "name_key")
    behaves(registry)


def test_a_rotation_of_the_master_key_leaves_everybody_to_be_found(opened_with: Opened) -> None:
    peopled(opened_with(MadeUpMaster()))
    master = MadeUpMaster("master-b", before=("master-a",))
    SqlWrappedKeys(opened_with(master), under).rewrap(master)
    behaves(SqlRegistry(opened_with(MadeUpMaster("master-b"))))


def test_without_the_master_key_workers_are_listed_and_removed_by_number(opened_with: Opened) -> None:
    peopled(opened_with(MadeUpMaster()))
    registry = SqlRegistry(opened_with(MadeUpMaster(is_there=False)))
    assert {worker.name for worker in registry.list_workers()} == {words.UNREADABLE}
    for deed in (
        lambda: registry.find_worker(NAME),
        lambda: registry.update_worker(4, name="Somebody"),
        lambda: registry.workers([4]),
        lambda: SqlRecords(registry._engine).record(4),
    ):
        with pytest.raises(MasterKeyUnavailable):
            deed()
    registry.remove_worker(registry.find_worker("id:4").id)
    assert len(registry.list_workers()) == 4


@pytest.mark.parametrize("change", ["words = (SELECT words FROM workers WHERE id = 1)", "name_key = 'ceo'"])
def test_words_that_somebody_changed_name_nobody_and_keep_nobody_from_being_removed(
    opened_with: Opened, change: str
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = peopled(engine)
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE workers SET {change} WHERE id = 4"))
    assert registry.worker(4).name == words.UNREADABLE
    assert registry.workers([4, 5]).keys() == {5}
    with pytest.raises(RegistryError):
        registry.update_worker(4, name="Somebody")
    registry.remove_worker(4)
    assert len(registry.list_workers()) == 4


def test_a_photo_that_waits_for_another_models_template_is_known_by_its_file(opened_with: Opened) -> None:
    from facevec.types import Model

    engine = opened_with(MadeUpMaster())
    peopled(engine)
    changes = SqlModelChanges(engine)
    changes.begin(Model("model-b", "contract-b"))
    waiting = changes.waiting_photo(photo(20).sha256)
    assert waiting is not None
    assert waiting[1].sha256 == photo(20).sha256
    assert np.array_equal(waiting[1].template, photo(20).template)
    assert changes.pixels(waiting[1].id) == PICTURE
