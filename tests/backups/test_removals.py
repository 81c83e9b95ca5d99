"""Nobody who was removed comes back with an older copy of the registry."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from facevec.decision.consent import ONE_MOMENT, ConsentPolicy
from facevec.errors import DiskFull, RegistryError, RestoreRefused
from facevec.integrity import IntegrityKey
from facevec.registry import soundness
from facevec.registry.api_keys import SqlApiKeys
from facevec.registry.consents import SqlConsentRecords
from facevec.registry.engine import reading, writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.model_changes import SqlModelChanges
from facevec.registry.reconciling import reconcile
from facevec.registry.removals import Removal
from facevec.registry.repository import SqlRegistry
from facevec.types import Consent, Model
from facevec.usecases.consent import record_consent, withdraw_consent
from tests.backups.conftest import back_up, put_back
from tests.backups.test_backup import SQLITE
from tests.integrity import KEY
from tests.registry.photos import photo

NOW = datetime.now(timezone.utc)
CONSENT = Consent("v1", NOW - timedelta(days=9), emotion=True)


def test_what_was_removed_since_the_backup_stays_removed(
    registry: SqlRegistry, engine: Engine, url: str, ledger: RemovalLedger, tmp_path: Path
) -> None:
    keys = SqlApiKeys(engine, ledger=ledger)
    door, office = keys.create("door", ["recognize"])[0], keys.create("office", ["enrol"])[0]
    for number, name in enumerate(("Ana", "Ben", "Eve", "Zoe")):
        registry.add_worker(name, None, CONSENT, [photo(10 * number), photo(10 * number + 1)])
    back_up(engine, tmp_path / "b")
    registry.remove_worker(3)
    registry.remove_photo(1, registry.photos(1)[0].id)
    withdraw_consent(registry, 2, NOW)
    registry.set_consent(4, replace(CONSENT, given_at=NOW, emotion=False))
    keys.revoke(door.id)
    new = registry.add_worker("Yan", None, None, [photo(99)])
    engine.dispose()
    restored = put_back(tmp_path / "b", url, replace=True)
    assert restored.erased == {"worker": 1, "photo": 3, "seal": 1, "consent": 2, "key": 1}
    again = SqlRegistry(engine, ledger=ledger)
    workers = {worker.name: worker for worker in again.list_workers()}
    assert sorted(workers) == ["Ana", "Ben", "Zoe"]
    assert workers["Ana"].photo_count == 1
    assert sorted(one.name for one in again.workers([1, 2, 3, 4]).values()) == ["Ana", "Zoe"]
    assert not workers["Zoe"].consent.emotion
    assert again.photos(2) == ()
    assert SqlConsentRecords(engine).faults() == ()
    assert [key.revoked_at is not None for key in SqlApiKeys(engine).list()] == [True, False]
    assert SqlApiKeys(engine).list()[1].id == office.id
    with reading(engine) as connection:
        assert soundness.faults(connection) == ()
    # Whoever gets the id of somebody who came after the backup is somebody else.
    assert again.add_worker("Xi", None, None, [photo(98)]).id == new.id
    engine.dispose()
    back_up(engine, tmp_path / "later")
    engine.dispose()
    put_back(tmp_path / "later", url, replace=True)
    assert "Xi" in [worker.name for worker in again.list_workers()]


@SQLITE
def test_a_consent_that_ended_takes_the_face_out_of_an_older_copy(
    registry: SqlRegistry, engine: Engine, tmp_path: Path, ledger: RemovalLedger
) -> None:
    """Also a face of which the ledger does not know."""
    registry.add_worker("Ana", None, CONSENT, [photo(1)])
    shutil.copy(tmp_path / "facevec.db", tmp_path / "older.db")
    registry.set_consent(1, replace(CONSENT, expires_at=NOW - timedelta(days=1)))
    engine.dispose()
    (tmp_path / "older.db").replace(tmp_path / "facevec.db")
    assert registry.worker(1).photo_count == 1
    assert reconcile(engine, ledger, lambda: NOW).removed == {"photo": 1, "consent": 1}
    assert (registry.worker(1).photo_count, registry.seal(1)) == (0, None)
    assert registry.newest_removal() == registry.state().revision


def test_a_consent_that_was_renewed_and_then_withdrawn_is_ended_in_a_copy_from_before_both(
    registry: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    for number, name in enumerate(("Ana", "Ben", "Eve")):
        registry.add_worker(name, None, CONSENT, [photo(number)])
    back_up(engine, tmp_path / "b")
    renewed = replace(CONSENT, text_version="v2", given_at=NOW)
    for worker_id in (1, 2, 3):
        registry.set_consent(worker_id, renewed)
    registry.set_consent(1, replace(renewed, emotion=False))
    withdraw_consent(registry, 2, NOW)
    engine.dispose()
    assert put_back(tmp_path / "b", url, replace=True).erased == {"consent": 2, "photo": 1, "seal": 1}
    assert sorted(registry.workers([1, 2, 3])) == [1, 3]
    assert [registry.worker(each).consent.emotion for each in (1, 3)] == [False, True]
    assert SqlConsentRecords(engine).faults() == ()


def test_a_purpose_that_was_taken_off_and_put_back_by_one_paper_stays_until_it_is_withdrawn(
    registry: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    policy = ConsentPolicy(backdating=None)
    registry.add_worker("Ana", None, CONSENT, [photo(1)])
    back_up(engine, tmp_path / "older")
    for emotion in (False, True, False, True):
        record_consent(registry, 1, replace(CONSENT, emotion=emotion), policy, NOW)
    agreed = registry.worker(1).consent
    assert (agreed.emotion, agreed.given_at - CONSENT.given_at < ONE_MOMENT) == (True, True)
    assert SqlConsentRecords(engine).faults() == ()
    back_up(engine, tmp_path / "newer")
    engine.dispose()
    assert put_back(tmp_path / "newer", url, replace=True).erased == {}
    assert registry.worker(1).consent == agreed
    withdraw_consent(registry, 1, NOW)
    engine.dispose()
    for copy in ("older", "newer"):
        assert put_back(tmp_path / copy, url, replace=True).erased["consent"] == 1
        assert not registry.workers([1])
        assert SqlConsentRecords(engine).faults() == ()
        engine.dispose()


@SQLITE
def test_an_older_database_that_is_copied_over_by_hand_is_put_right_at_the_next_start(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, ledger: RemovalLedger
) -> None:
    shutil.copy(tmp_path / "facevec.db", tmp_path / "older.db")
    position = filled.position()
    filled.remove_worker(2)
    engine.dispose()
    (tmp_path / "older.db").replace(tmp_path / "facevec.db")
    assert [worker.name for worker in filled.list_workers()] == ["Ana", "Ben"]
    assert reconcile(engine, ledger, lambda: NOW).removed == {"worker": 1}
    assert [worker.name for worker in filled.list_workers()] == ["Ana"]
    assert filled.changed_since(position)[1] == (2,), "a live view would not notice"
    assert reconcile(engine, ledger, lambda: NOW).removed == {}


def test_a_removal_that_was_killed_before_its_commit_is_finished_and_one_that_failed_is_none(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facevec.registry import recording

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    append = ledger.append
    monkeypatch.setattr(ledger, "append", lambda gone: (append(gone), fails()))
    with monkeypatch.context() as patch:
        patch.setattr(recording.Recording, "take_back", lambda _: None)  # as a kill has it
        with pytest.raises(KeyboardInterrupt):
            filled.remove_worker(2)
    monkeypatch.setattr(ledger, "append", append)
    assert len(filled.list_workers()) == 2
    assert reconcile(engine, ledger, lambda: NOW).removed == {"worker": 1}
    assert [worker.id for worker in filled.list_workers()] == [1]
    monkeypatch.setattr("facevec.registry.history.append", fails)
    commit = engine.dialect.do_commit
    monkeypatch.undo()
    monkeypatch.setattr(engine.dialect, "do_commit", fails)
    with pytest.raises(KeyboardInterrupt):
        filled.remove_worker(1)
    monkeypatch.setattr(engine.dialect, "do_commit", commit)
    assert reconcile(engine, ledger, lambda: NOW).removed == {}
    assert [worker.id for worker in filled.list_workers()] == [1]


def test_what_another_machine_removed_is_in_this_ones_ledger_too(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    other = RemovalLedger(tmp_path / "other", KEY)
    assert reconcile(engine, other, lambda: NOW).added == 1
    assert reconcile(engine, other, lambda: NOW).added == 0
    assert len(other.read().removals) == 1


@SQLITE
def test_a_restore_says_when_nobody_knows_who_was_removed(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    target = f"sqlite:///{tmp_path / 'new.db'}"
    whole = ledger.path.read_bytes()
    first, *_ = whole.splitlines(keepends=True)
    for content, said in (
        (None, "is not there, or was begun later"),
        (first, "lacks removals that the backup knows of"),
        (whole.replace(b" worker ", b" photo "), "was changed, damaged"),
    ):
        ledger.path.unlink(missing_ok=True)
        if content is not None:
            ledger.path.write_bytes(content)
        with pytest.raises(RestoreRefused, match=said):
            put_back(tmp_path / "b", target)
        assert not (tmp_path / "new.db").exists()
    put_back(tmp_path / "b", target, without_ledger=True)
    ledger.path.write_bytes(whole)
    put_back(tmp_path / "b", target, replace=True)


def test_the_ledger_names_nobody_and_tells_what_was_changed_in_it(
    filled: SqlRegistry, ledger: RemovalLedger
) -> None:
    filled.remove_worker(2)
    filled.remove_worker(1)
    whole = ledger.path.read_bytes()
    assert len(ledger.read().removals) == 3
    for trace in (b"Eve", b"Ben", photo(3).sha256.encode()):
        assert trace not in whole
    lines = whole.splitlines(keepends=True)
    for changed in (
        whole.replace(b"worker", b"photo_", 1),
        b"".join(lines[:1] + lines[2:]),
        b"".join([lines[0], lines[2], lines[1], lines[3]]),
        b"".join(lines[1:]),
    ):
        ledger.path.write_bytes(changed)
        with pytest.raises(RegistryError, match="put back a copy"):
            ledger.read()
    ledger.path.write_bytes(whole)
    other = RemovalLedger(ledger.path, IntegrityKey(b"o" * 32, "other"))
    with pytest.raises(RegistryError, match="under another integrity key"):
        other.read()


def test_a_line_that_is_torn_at_the_end_is_as_good_as_none(
    filled: SqlRegistry, ledger: RemovalLedger
) -> None:
    whole = ledger.path.read_bytes()
    for torn in (whole + b"2026-01-01T00:00", whole + b"\x00\xff"):
        ledger.path.write_bytes(torn)
        assert len(ledger.read().removals) == 1
        filled.add_worker("Zoe", None, None, [photo(8)])
        filled.remove_worker(filled.find_worker("Zoe").id)
        assert len(ledger.read().removals) == 2
    assert ledger.path.stat().st_mode & 0o777 == 0o600


@SQLITE
def test_a_ledger_that_cannot_be_written_prevents_no_removal(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, tmp_path: Path
) -> None:
    ledger.path.rename(tmp_path / "kept")
    ledger.path.mkdir()
    filled.remove_worker(2)
    ledger.path.rmdir()
    (tmp_path / "kept").rename(ledger.path)
    assert reconcile(engine, ledger, lambda: NOW).added == 1


def test_rows_of_strangers_remove_nobody(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, opened: Callable[..., Engine]
) -> None:
    """Who writes to the database without the integrity key knows nobody's identity."""
    with writing(engine) as connection:
        connection.execute(
            text("INSERT INTO removals (identity, kind, at) VALUES (:identity, 'worker', :at)"),
            {"identity": "00" * 16, "at": "2026-01-01 00:00:00.000000+00:00"},
        )
    assert reconcile(engine, ledger, lambda: NOW).added == 1
    assert len(filled.list_workers()) == 2


def test_a_removal_that_is_taken_back_takes_no_earlier_one_along(ledger: RemovalLedger) -> None:
    """Who came back with an older copy was removed before, whatever becomes of the removal now."""
    before = Removal("ab" * 16, "worker", NOW - timedelta(days=1))
    again = replace(before, at=NOW)
    ledger.append([before])
    ledger.append([again])
    ledger.take_back([again])
    assert ledger.read().removals == {before.identity: before}
    ledger.take_back([before])
    assert ledger.read().removals == {}


def test_a_removal_that_is_taken_back_while_others_wait_is_not_carried_out(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facevec.registry import reconciling

    recorded: list[list[Removal]] = []
    append, commit = ledger.append, engine.dialect.do_commit
    monkeypatch.setattr(ledger, "append", lambda gone: (recorded.append(gone), append(gone)))

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", fails)
        patch.setattr("facevec.registry.recording.Recording.take_back", lambda _: None)
        with pytest.raises(KeyboardInterrupt):
            filled.remove_worker(2)
    take_turn = reconciling.take_turn
    monkeypatch.setattr(
        reconciling, "take_turn", lambda connection: (ledger.take_back(recorded[-1]), take_turn(connection))
    )
    assert engine.dialect.do_commit == commit
    assert reconcile(engine, ledger, lambda: NOW).removed == {}
    assert len(filled.list_workers()) == 2


def test_a_commit_that_came_to_the_server_before_the_line_broke_is_not_taken_back(
    filled: SqlRegistry, engine: Engine, ledger: RemovalLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = engine.dialect.do_commit

    def breaks(connection: object) -> None:
        monkeypatch.setattr(engine.dialect, "do_commit", commit)
        commit(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(engine.dialect, "do_commit", breaks)
    with pytest.raises(KeyboardInterrupt):
        filled.remove_worker(2)
    assert [worker.id for worker in filled.list_workers()] == [1]
    assert len(ledger.read().removals) == 2


@SQLITE
def test_a_line_that_cannot_be_taken_back_is_told_and_finished(
    filled: SqlRegistry,
    engine: Engine,
    ledger: RemovalLedger,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    def full(_: object) -> None:
        raise DiskFull("The ledger of removals cannot grow.")

    with monkeypatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", fails)
        patch.setattr(ledger, "take_back", full)
        with pytest.raises(KeyboardInterrupt):
            filled.remove_worker(2)
    assert "removal_stays_in_ledger" in "".join(capsys.readouterr())
    assert reconcile(engine, ledger, lambda: NOW).removed == {"worker": 1}


def test_photos_that_a_change_of_the_model_forgot_do_not_come_back(
    registry: SqlRegistry, engine: Engine, url: str, ledger: RemovalLedger, tmp_path: Path
) -> None:
    registry.add_worker("Ana", None, None, [photo(1), photo(2)])
    registry.add_worker("Ben", None, None, [photo(3)])
    back_up(engine, tmp_path / "b")
    model_changes = SqlModelChanges(engine, ledger=ledger)
    model_changes.begin(Model("model-b", "contract-b"))
    first, _ = registry.photos(1)
    model_changes.keep(1, "contract-b", {first.id: photo(9).template})
    model_changes.switch(leave_behind=True)
    assert model_changes.finish()[1] == 2
    assert registry.photos(1) == (first,)
    engine.dispose()
    restored = put_back(tmp_path / "b", url, replace=True)
    assert restored.erased == {"photo": 2, "seal": 1}
    again = SqlRegistry(engine)
    assert [again.photos(one) for one in (1, 2)] == [(first,), ()]
    with reading(engine) as connection:
        assert soundness.faults(connection) == ()
