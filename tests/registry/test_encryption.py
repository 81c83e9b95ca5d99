"""What people are told by is encrypted, each value under a key of its own, which goes with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong, RegistryError
from facevec.registry import conversion, copying
from facevec.registry.encryption import values
from facevec.registry.encryption.turn import finish_destroying
from facevec.registry.engine import reading, writing
from facevec.registry.records import SqlRecords
from facevec.registry.repository import SqlRegistry
from facevec.registry.rotation import SqlWrappedKeys
from tests.madeupmaster import MadeUpMaster, under
from tests.registry.encrypted import PICTURE, Opened, all_keys, begun, keys_file, on_disk, vectors
from tests.registry.photos import photo, vector


def all_stored(engine: Engine) -> list[bytes]:
    with reading(engine) as connection:
        columns = "SELECT vector FROM templates UNION ALL SELECT vector FROM seals"
        return [bytes(each) for each in connection.scalars(text(columns))]


def test_what_is_stored_is_read_again_and_lies_nowhere_in_clear(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    expected = [vector(0), vector(10), vector(1), vector(2)]
    assert np.array_equal(vectors(registry), expected)
    seal = registry.seal(1)
    assert seal is not None
    assert np.array_equal(seal.reference[0], vector(0))
    assert SqlRecords(engine).record(1).photos[1].pixels == PICTURE
    assert all(values.is_sealed(each) for each in all_stored(engine))
    if engine.dialect.name == "sqlite":
        disk = on_disk(engine)
        assert not any(each.tobytes() in disk or each.tobytes()[:64] in disk for each in expected)
        assert PICTURE not in disk


def test_a_registry_that_is_not_to_be_encrypted_needs_no_master_key(opened_with: Opened) -> None:
    engine = opened_with()
    begun(engine, encrypted=False)
    assert vector(0).tobytes() in all_stored(engine)


@pytest.mark.parametrize(
    "deed",
    [
        lambda registry: registry.remove_worker(1),
        lambda registry: registry.remove_photo(1, 4),
        lambda registry: registry.forget_photos(1, registry.photos(1)[-1].created_at),
        lambda registry: registry.add_photos(1, [photo(11)], reseed=True),
    ],
    ids=["worker", "photo", "old photos", "seal"],
)
def test_the_keys_of_what_is_gone_are_gone(
    opened_with: Opened, deed: Callable[[SqlRegistry], object]
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    before = {values.slot_of(each): each for each in all_stored(engine)}
    keys = all_keys(engine)
    deed(registry)
    left = {values.slot_of(each) for each in all_stored(engine)}
    gone = [before[slot] for slot in before.keys() - left]
    assert gone
    remaining = all_keys(engine)
    assert left <= remaining.keys()
    assert not set(remaining.values()) & {keys[values.slot_of(each)] for each in gone}
    for ciphertext, key in itertools.product(gone, remaining.values()):
        for context in (b"templates\x001\x001\x00contract-a", b"templates\x001\x004\x00contract-a"):
            assert values.unseal(key, ciphertext, context) is None


def test_keys_of_what_was_not_committed_are_destroyed(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    keys = all_keys(engine)

    def refuse(*_: object) -> None:
        raise RegistryError("no")

    with pytest.raises(RegistryError, match="no"):
        registry.add_photos(1, [photo(12)], guard=refuse)
    assert all_keys(engine) == keys


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_removal_that_was_killed_before_its_keys_were_destroyed_is_finished(
    opened_with: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    with monkeypatch.context() as killed:
        killed.setattr("facevec.registry.encryption.turn.Turn.finish", lambda _: None)
        registry.remove_worker(1)
    assert len(all_keys(engine)) == 16
    finish_destroying(engine)
    assert len(all_keys(engine)) == 9


def test_a_value_in_another_row_or_changed_is_left_out_and_the_others_are_read(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    with writing(engine) as connection:
        stored = {
            row.id: bytes(row.vector) for row in connection.execute(text("SELECT id, vector FROM templates"))
        }
        change = text("UPDATE templates SET vector = :vector WHERE id = :id")
        connection.execute(change, {"id": 1, "vector": stored[2][:-1] + b"x"})
    assert np.array_equal(vectors(registry), [vector(10), vector(1), vector(2)])


def test_the_master_key_is_asked_for_once(opened_with: Opened) -> None:
    begun(opened_with(MadeUpMaster()))
    master = MadeUpMaster()
    registry = SqlRegistry(opened_with(master))
    assert len(vectors(registry)) == 4
    registry.add_photos(2, [photo(13)])
    assert len(vectors(registry)) == 5
    assert master.asked == 1


def test_without_the_master_key_it_is_said_that_it_is_missing_or_another(opened_with: Opened) -> None:
    begun(opened_with(MadeUpMaster()))
    with pytest.raises(MasterKeyWrong):
        vectors(SqlRegistry(opened_with(MadeUpMaster("master-b"))))
    with pytest.raises(MasterKeyUnavailable):
        vectors(SqlRegistry(opened_with(MadeUpMaster(is_there=False))))
    with pytest.raises(MasterKeyUnavailable):
        SqlRegistry(opened_with(MadeUpMaster(is_there=False))).add_photos(2, [photo(13)])
    assert len(SqlRegistry(opened_with(MadeUpMaster(is_there=False))).list_workers()) == 3


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_database_without_its_keys_says_which_file_is_missing(opened_with: Opened, tmp_path: Path) -> None:
    registry = begun(opened_with(MadeUpMaster()))
    keys_file(tmp_path).rename(tmp_path / "elsewhere")
    with pytest.raises(RegistryError, match="is not there"):
        vectors(registry)


def test_a_registry_in_use_is_encrypted_in_place_and_back(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine, encrypted=False)
    before = vectors(registry)
    survey = conversion.encrypt(engine)
    assert (survey.encrypts, survey.encrypted, survey.clear) == (True, 15, 0)
    assert np.array_equal(vectors(registry), before)
    registry.add_photos(2, [photo(13)])
    assert all(values.is_sealed(each) for each in all_stored(engine))
    if engine.dialect.name == "sqlite":
        assert not any(each.tobytes()[:64] in on_disk(engine) for each in before)
    survey = conversion.decrypt(engine)
    assert (survey.encrypts, survey.encrypted, survey.clear) == (False, 0, 17)
    assert len(vectors(registry)) == 5
    assert vector(13).tobytes() in all_stored(engine)
    assert conversion.encrypt(engine).encrypted == 17
    assert len(vectors(registry)) == 5


def test_a_row_that_nobody_vouched_for_is_not_vouched_for_by_encrypting_it(opened_with: Opened) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine, encrypted=False)
    with writing(engine) as connection:
        forged = {"vector": vector(99).tobytes()}
        connection.execute(text("UPDATE templates SET vector = :vector WHERE id = 1"), forged)
    conversion.encrypt(engine)
    assert np.array_equal(vectors(registry), [vector(10), vector(1), vector(2)])


def test_a_rotation_wraps_every_key_anew_and_ends_the_one_before(opened_with: Opened) -> None:
    first = MadeUpMaster()
    registry = begun(opened_with(first))
    before = vectors(registry)
    master = MadeUpMaster("master-b", before=("master-a",))
    engine = opened_with(master)
    wrapped = SqlWrappedKeys(engine, under)
    assert wrapped.names() == {"master-a": 1}
    assert wrapped.rewrap(master) == 1
    assert wrapped.names() == {"master-b": 1}
    assert wrapped.rewrap(master) == 0
    first.learn("master-b")
    assert np.array_equal(vectors(registry), before)  # by a process that was there before
    assert np.array_equal(vectors(SqlRegistry(opened_with(MadeUpMaster("master-b")))), before)


def test_a_rotation_that_was_killed_half_way_is_finished(
    opened_with: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vectors(begun(opened_with(MadeUpMaster())))
    monkeypatch.setattr("facevec.registry.rotation.AT_ONCE", 2)
    master = MadeUpMaster("master-b", before=("master-a",))
    wrapped = SqlWrappedKeys(opened_with(master), under)
    anew = SqlWrappedKeys._some_wrapped_anew
    left = 0

    def some(self: SqlWrappedKeys, newest: int, after: int) -> int | None:
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        left -= 1
        return anew(self, newest, after)

    with monkeypatch.context() as killed:
        killed.setattr(SqlWrappedKeys, "_some_wrapped_anew", some)
        for rounds in range(3):
            left = rounds
            with pytest.raises(KeyboardInterrupt):
                wrapped.rewrap(master)
            assert np.array_equal(vectors(SqlRegistry(opened_with(master))), before)
    wrapped.rewrap(master)
    assert wrapped.names() == {"master-b": 1}
    assert np.array_equal(vectors(SqlRegistry(opened_with(MadeUpMaster("master-b")))), before)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_copy_into_another_engine_and_back_is_read_there(
    opened_with: Opened, tmp_path: Path, postgres_database: str
) -> None:
    engine = opened_with(MadeUpMaster())
    before = vectors(begun(engine))
    (tmp_path / "back").mkdir()
    for url in (postgres_database, f"sqlite:///{tmp_path / 'back' / 'copy.db'}"):
        target = opened_with(MadeUpMaster(), url)
        copied = copying.copy(engine, target)
        assert copied.rows["data_keys"] == 16
        assert np.array_equal(vectors(SqlRegistry(target)), before)
        SqlRegistry(target).remove_worker(SqlRegistry(target).list_workers()[-1].id)
        assert len(all_keys(target)) == 12
        SqlRegistry(target).add_worker("Worker 3", None, None, [photo(2)])
        engine, before = target, vectors(SqlRegistry(target))


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_an_older_file_of_keys_costs_those_it_does_not_hold_and_nobody_who_comes_after(
    opened_with: Opened, tmp_path: Path
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    file = keys_file(tmp_path)
    older = file.read_bytes()
    lost = registry.add_worker("Lost", None, None, [photo(20)])
    file.write_bytes(older)  # a backup of the folder that read this file before the database
    registry.add_worker("Zoe", None, None, [photo(21)])
    registry.remove_worker(lost.id)
    assert np.array_equal(vectors(registry)[-1], vector(21))
    assert len(vectors(registry)) == 5


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_removals_go_on_while_the_file_of_keys_is_not_there_and_destroy_them_once_it_is(
    opened_with: Opened, tmp_path: Path
) -> None:
    engine = opened_with(MadeUpMaster())
    registry = begun(engine)
    file = keys_file(tmp_path)
    file.rename(tmp_path / "elsewhere")
    registry.remove_worker(1)
    registry.remove_worker(2)
    (tmp_path / "elsewhere").rename(file)
    finish_destroying(engine)
    assert len(all_keys(engine)) == 5


def test_a_copy_over_one_that_did_not_come_to_its_end_has_its_keys(
    opened_with: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = opened_with(MadeUpMaster())
    registry = begun(source)
    target = opened_with(MadeUpMaster(), f"sqlite:///{tmp_path / 'copy.db'}")
    with monkeypatch.context() as failing:
        failing.setattr(copying, "_compare", none_came_back)
        with pytest.raises(RegistryError):
            copying.copy(source, target)
    copying.copy(source, target)
    assert np.array_equal(vectors(SqlRegistry(target)), vectors(registry))


def none_came_back(*_: object) -> None:
    raise RegistryError("Nothing came back.")
