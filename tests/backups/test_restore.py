"""A restore puts a registry where one is to be, and leaves what stands there until it does."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from facevec.backups.sealed import Reader, Writer
from facevec.errors import (
    BackupUnusable,
    FacevecError,
    RegistryBusy,
    RegistryReplaced,
    RestoreRefused,
    SchemaMismatch,
)
from facevec.integrity import IntegrityKey
from facevec.registry import schema
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine, reading, reshaping
from facevec.registry.ledger import RemovalLedger
from facevec.registry.occupancy import Occupancy
from facevec.registry.repository import SqlRegistry
from tests.backups.conftest import CONTRACT, MODEL, back_up, put_back
from tests.backups.test_backup import SQLITE, Failing
from tests.entries import posix
from tests.integrity import KEY
from tests.registry.photos import photo


def names(url: str) -> list[str]:
    engine = open_engine(url, key=KEY)
    try:
        return [worker.name for worker in SqlRegistry(engine).list_workers()]
    finally:
        engine.dispose()


def test_a_registry_that_is_there_is_replaced_only_when_asked(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    filled.add_worker("Zoe", None, None, [photo(9)])
    before = filled.position()
    engine.dispose()
    with pytest.raises(RestoreRefused, match="--replace"):
        put_back(tmp_path / "b", url)
    assert names(url) == ["Ana", "Ben", "Zoe"]
    put_back(tmp_path / "b", url, replace=True)
    assert names(url) == ["Ana", "Ben"]
    # What saw the registry before reads it anew.
    with pytest.raises(RegistryReplaced):
        SqlRegistry(engine).changed_since(before)


def test_a_registry_that_was_never_used_is_replaced_unasked(
    url: str, tmp_path: Path, opened: Callable[..., Engine], ledger: RemovalLedger
) -> None:
    source, unused = opened(f"sqlite:///{tmp_path / 'source.db'}"), opened(url)
    for each in (source, unused):
        schema.prepare(each)
    registry = SqlRegistry(source, ledger=ledger)
    registry.claim_model(MODEL, CONTRACT)
    registry.add_worker("Ana", None, None, [photo(1)])
    back_up(source, tmp_path / "b")
    unused.dispose()
    assert put_back(tmp_path / "b", url).aside is None
    assert names(url) == ["Ana"]


def test_a_registry_that_is_used_is_not_replaced(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    used = Occupancy(engine)
    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(RestoreRefused, match="stop the service"):
            put_back(tmp_path / "b", url, replace=True)
    used.close()
    assert names(url) == ["Ana", "Ben"]


def test_a_backup_of_an_older_facevec_is_upgraded_or_left_as_it_was(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path, opened: Callable[..., Engine]
) -> None:
    with reshaping(engine) as connection:
        command.downgrade(schema._config(connection), "0014")
    assert back_up(engine, tmp_path / "old").manifest.schema == "0014"
    engine.dispose()
    put_back(tmp_path / "old", url, replace=True, keep_schema=True)
    assert schema.check(opened(url)).current == "0014"
    assert schema.upgrade(opened(url)).up_to_date
    engine.dispose()
    target = f"sqlite:///{tmp_path / 'new.db'}"
    assert put_back(tmp_path / "old", target).schema == schema.head()
    assert names(target) == ["Ana", "Ben"]


@SQLITE
def test_a_backup_of_a_newer_facevec_is_refused(
    filled: SqlRegistry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(schema, "current", lambda _: "9999")
        patch.setattr("facevec.backups.making._rehearse", lambda *_: None)
        back_up(engine, tmp_path / "b")
    with pytest.raises(SchemaMismatch, match="The backup has schema 9999"):
        put_back(tmp_path / "b", f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


@SQLITE
def test_under_another_integrity_key_it_is_restored_when_that_is_lost(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    from facevec.backups.restoring import Choices, restore

    back_up(engine, tmp_path / "b")
    other = IntegrityKey(b"o" * 32, "other")

    def put(**chosen: bool) -> None:
        target, silent = sqlite_url(tmp_path / "new.db"), lambda *_: None
        restore(
            tmp_path / "b",
            target,
            integrity=other,
            key=None,
            ledgers=[],
            choices=Choices(without_ledger=True, **chosen),
            on_rows=silent,
        )

    with pytest.raises(RestoreRefused, match="nobody in it would be recognised"):
        put()
    put(adopt=True)
    registry = SqlRegistry(open_engine(sqlite_url(tmp_path / "new.db"), key=other))
    assert set(registry.workers([1, 2])) == {1, 2}


@SQLITE
def test_a_plain_backup_that_somebody_wrote_without_the_integrity_key_is_refused(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    from facevec.backups import making

    class Forger(IntegrityKey):
        fingerprint = KEY.fingerprint

    made = making.make_backup(
        engine, tmp_path / "b", integrity=Forger(b"f" * 32, "forged"), within=tmp_path / "scratch"
    )
    assert made.manifest.integrity_key == KEY.fingerprint
    with pytest.raises(BackupUnusable, match="without the integrity key"):
        put_back(tmp_path / "b", f"sqlite:///{tmp_path / 'new.db'}")
    assert not (tmp_path / "new.db").exists()


@posix
@SQLITE
def test_a_fault_at_any_write_leaves_the_old_or_the_new(
    filled: SqlRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    back_up(engine, tmp_path / "b")
    filled.add_worker("Zoe", None, None, [photo(9)])
    engine.dispose()
    url = f"sqlite:///{tmp_path / 'facevec.db'}"
    outcomes = []
    for at in range(1, 50):
        with monkeypatch.context() as patch:
            failing = Failing(patch, at)
            with suppress(FacevecError):
                put_back(tmp_path / "b", url, replace=True)
            reached = failing.calls >= at
        outcomes.append(names(url))
        if outcomes[-1] == ["Ana", "Ben"]:
            SqlRegistry(open_engine(url, key=KEY)).add_worker("Zoe", None, None, [photo(9)])
        if not reached:
            break
    assert {tuple(one) for one in outcomes} <= {("Ana", "Ben"), ("Ana", "Ben", "Zoe")}
    assert outcomes[0] == ["Ana", "Ben", "Zoe"]
    assert len(outcomes) < 49


@SQLITE
def test_the_old_file_stays_beside_when_asked_and_a_crashs_journal_goes_with_it(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    filled.add_worker("Zoe", None, None, [photo(9)])
    engine.dispose()
    file = tmp_path / "facevec.db"
    restored = put_back(tmp_path / "b", f"sqlite:///{file}", replace=True, keep_old=True)
    assert restored.aside is not None
    assert names(f"sqlite:///{restored.aside}") == ["Ana", "Ben", "Zoe"]
    file.write_bytes(b"rotten")
    (tmp_path / "facevec.db-journal").write_bytes(b"of whatever was there")
    put_back(tmp_path / "b", f"sqlite:///{file}", replace=True)
    assert names(f"sqlite:///{file}") == ["Ana", "Ben"]
    assert not [path.name for path in tmp_path.iterdir() if "before-restore" in path.name]


def without_its_ledger(tmp_path: Path) -> None:
    (tmp_path / "removals").unlink()


def test_a_registry_vouches_for_what_came_after_the_backup_only_if_it_went_on_from_there(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    """An older copy has the same id, and has not heard of who was removed since."""
    back_up(engine, tmp_path / "older")
    filled.add_worker("Zoe", None, None, [photo(9)])
    back_up(engine, tmp_path / "newer")
    engine.dispose()
    put_back(tmp_path / "older", url, replace=True)
    SqlRegistry(engine).add_worker("Yan", None, None, [photo(8)])
    engine.dispose()
    without_its_ledger(tmp_path)
    with pytest.raises(RestoreRefused, match="Nobody can say who was removed"):
        put_back(tmp_path / "newer", url, replace=True)
    assert names(url) == ["Ana", "Ben", "Yan"]
    put_back(tmp_path / "newer", url, replace=True, without_ledger=True)
    again = SqlRegistry(engine)
    again.remove_worker(again.find_worker("Zoe").id)
    engine.dispose()
    put_back(tmp_path / "newer", url, replace=True)
    assert names(url) == ["Ana", "Ben"]
    (tmp_path / "removals").write_text("rubbish\n")
    with pytest.raises(RestoreRefused, match="was changed, damaged"):
        put_back(tmp_path / "newer", url, replace=True)


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_who_removes_somebody_while_a_restore_begins_is_heard_or_refused(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine of its own, whose ledger is not here."""
    from facevec.backups import restoring

    back_up(engine, tmp_path / "b")
    engine.dispose()
    standing, outcomes = restoring.standing, []

    def remove(name: str) -> None:
        other = open_engine(url, key=KEY, busy_seconds=0.2)
        registry = SqlRegistry(other)
        try:
            registry.remove_worker(registry.find_worker(name).id)
            outcomes.append(name)
        except RegistryBusy:
            pass
        finally:
            other.dispose()

    def meanwhile(*arguments: object) -> object:
        before = standing(*arguments)
        remove("Ben")
        return before

    require_alone = restoring.require_alone
    calls = iter(["Ana"])

    def alone(connection: object) -> None:
        require_alone(connection)
        for name in calls:
            remove(name)

    monkeypatch.setattr(restoring, "require_alone", alone)
    monkeypatch.setattr(restoring, "standing", meanwhile)
    put_back(tmp_path / "b", url, replace=True)
    assert outcomes == ["Ana"]
    assert names(url) == ["Ben"]


@SQLITE
def test_no_epoch_is_given_twice_also_where_what_was_there_cannot_be_read(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    url, file = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "new.db"
    epochs = []
    for _ in range(2):
        put_back(tmp_path / "b", url, replace=True)
        restored = open_engine(url, key=KEY)
        epochs.append(SqlRegistry(restored).position().epoch)
        restored.dispose()
        file.write_bytes(b"rotten")
    assert len({*epochs, filled.position().epoch}) == 3


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_tables_of_another_program_are_neither_kept_nor_taken_away(
    filled: SqlRegistry, engine: Engine, url: str, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE pets (name TEXT, owner INTEGER)"))
        connection.execute(text("INSERT INTO pets VALUES ('Rex', 1)"))
    assert "pets" not in back_up(engine, tmp_path / "b").manifest.rows
    engine.dispose()
    put_back(tmp_path / "b", url, replace=True)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT name FROM pets")) == "Rex"


@SQLITE
def test_when_a_plain_backup_was_made_is_what_facevec_wrote(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    """One that says it is younger than the ledger would bring back who was removed before that began."""
    back_up(engine, tmp_path / "b")
    out = io.BytesIO()
    writer = Writer(out, "backup", None)
    with (tmp_path / "b").open("rb") as file:
        frames = list(Reader(file, "b").frames(None))
    for number, frame in enumerate(frames, start=1):
        writer.add(frame, last=number == len(frames))
    (tmp_path / "b").write_bytes(out.getvalue())
    with pytest.raises(BackupUnusable, match="without the integrity key"):
        put_back(tmp_path / "b", f"sqlite:///{tmp_path / 'new.db'}")


@SQLITE
def test_what_an_old_database_had_not_taken_in_yet_does_not_get_into_the_new_one(
    filled: SqlRegistry, engine: Engine, tmp_path: Path
) -> None:
    back_up(engine, tmp_path / "b")
    engine.dispose()
    file = tmp_path / "facevec.db"
    in_another_manner = sqlite3.connect(file)
    in_another_manner.execute("PRAGMA journal_mode = WAL")
    in_another_manner.execute("DELETE FROM workers")
    in_another_manner.commit()
    wal = (tmp_path / "facevec.db-wal").read_bytes()
    in_another_manner.close()
    file.write_bytes(b"rotten")
    (tmp_path / "facevec.db-wal").write_bytes(wal)
    (tmp_path / "facevec.db-before-restore-journal").write_bytes(b"of one before")
    restored = put_back(tmp_path / "b", f"sqlite:///{file}", replace=True, keep_old=True)
    assert names(f"sqlite:///{file}") == ["Ana", "Ben"]
    assert restored.aside is not None
    assert not (tmp_path / "facevec.db-before-restore-journal").exists()
    assert (tmp_path / "facevec.db-before-restore-wal").read_bytes() == wal
