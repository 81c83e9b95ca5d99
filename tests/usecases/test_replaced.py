"""A database that changes underneath a process: copied over, moved away, put back, gone another way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog.testing
from sqlalchemy import text

from facevec.errors import RegistryError, RegistryReplaced
from facevec.gallery.generations import Generations
from facevec.registry.engine import reading
from facevec.types import Worker
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.rebuild import index_status, rebuild
from tests.integrity import KEY
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import Office, open_office

Put = Callable[[Path, Path], object]


def copied_over(older: Path, file: Path) -> None:
    """As `cp` does it: the same file, other bytes."""
    file.write_bytes(older.read_bytes())


def moved_over(older: Path, file: Path) -> None:
    """As `mv` does it: another file of that name."""
    shutil.copy(older, older.with_suffix(".new"))
    os.replace(older.with_suffix(".new"), file)  # noqa: PTH105


def with_its_times(older: Path, file: Path) -> None:
    """As `cp -p` and `rsync -t` do it."""
    copied_over(older, file)
    status = older.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.fixture(params=[copied_over, moved_over, with_its_times], ids=["cp", "mv", "cp -p"])
def put(request: pytest.FixtureRequest) -> Put:
    method: Put = request.param
    return method


def enrol(office: Office, name: str, person: int) -> Worker:
    worker = enrol_worker(office.desk, name, [photo(f"{name}.png", Someone(person))]).worker
    assert worker is not None
    return worker


def names(office: Office, *people: int) -> list[str | None]:
    return [office.names(picture(Someone(person, 9)))[0] for person in people]


@pytest.fixture
def file(office: Office, tmp_path: Path) -> Path:
    """The database of `office`, in which Ana (1) is enrolled; `older` beside it is a copy of that moment."""
    enrol(office, "Ana", 1)
    office.engine.dispose()
    shutil.copy(tmp_path / "facevec.db", tmp_path / "older.db")
    return tmp_path / "facevec.db"


def test_nobody_is_named_by_what_an_older_copy_never_held(office: Office, file: Path, put: Put) -> None:
    """Eva has id 2; after the restore somebody else gets it."""
    enrol(office, "Eva", 2)
    assert names(office, 1, 2, 3) == ["Ana", "Eva", None]
    put(file.with_name("older.db"), file)
    with structlog.testing.capture_logs() as logs:
        assert names(office, 1, 2, 3) == ["Ana", None, None]
    assert [line["event"] for line in logs] == ["registry_replaced"]
    assert enrol(office, "Luz", 3).id == 2
    assert names(office, 1, 2, 3) == ["Ana", None, "Luz"]


def test_as_many_changes_as_were_undone_by_another_process_are_not_written_over(
    office: Office, file: Path, put: Put
) -> None:
    """SQLite takes its pages in memory for the file's by a counter, which is the same again then."""
    for person in (2, 3, 4):
        enrol(office, f"Before {person}", person)
    assert names(office, 2, 3, 4) == ["Before 2", "Before 3", "Before 4"]
    put(file.with_name("older.db"), file)
    another = open_office(file.parent)
    for person in (5, 6, 7):
        enrol(another, f"After {person}", person)
    assert names(office, 2, 3, 4, 5, 6, 7) == [None, None, None, "After 5", "After 6", "After 7"]
    enrol(office, "Last", 8)
    everybody = ["Ana", "After 5", "After 6", "After 7", "Last"]
    for one in (office, another, open_office(file.parent)):
        assert names(one, 1, 5, 6, 7, 8) == everybody
    with reading(office.engine) as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    assert [worker.name for worker in office.desk.registry.list_workers()] == everybody


def test_a_database_that_was_moved_away_is_said_to_be_gone_and_none_is_made(
    office: Office, file: Path
) -> None:
    assert names(office, 1) == ["Ana"]
    away = file.with_name("away.db")
    file.rename(away)
    with pytest.raises(RegistryError, match="is not there any more; put it back"):
        names(office, 1)
    assert not file.exists()
    away.rename(file)
    assert names(office, 1) == ["Ana"]


def test_names_are_never_those_of_another_registry_than_was_searched(
    office: Office, file: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is replaced after the search and before the names are asked for."""
    eva = enrol(office, "Eva", 2)
    assert names(office, 2) == ["Eva"]
    put(file.with_name("older.db"), file)
    another = open_office(file.parent)
    assert enrol(another, "Luz", 3).id == eva.id
    shutil.copy(file, file.with_name("gone-another-way.db"))

    office = open_office(file.parent)
    assert names(office, 2, 3) == [None, "Luz"]
    enrol(office, "Kai", 4)
    ask, asked = office.desk.registry.workers, []

    def replaced_meanwhile(ids: list[int], *since: object) -> object:
        if not asked:
            put(file.with_name("older.db"), file)
            enrol(open_office(file.parent), "Ada", 5)
        asked.append(ids)
        return ask(ids, *since)

    monkeypatch.setattr(office.desk.registry, "workers", replaced_meanwhile)
    assert names(office, 3) == [None]
    assert len(asked) == 2


def test_a_generation_of_before_the_restore_is_not_used_once_the_ids_are_other_peoples(
    office: Office, file: Path, put: Put
) -> None:
    """Two of a thousand are others: no sample would tell."""
    enrol(office, "Eva", 2)
    rebuild(office.desk.registry, office.generations)
    put(file.with_name("older.db"), file)
    enrol(open_office(file.parent), "Luz", 3)
    started = open_office(file.parent)
    with structlog.testing.capture_logs() as logs:
        assert names(started, 1, 2, 3) == ["Ana", None, "Luz"]
    assert [line["event"] for line in logs] == ["index_not_used"]
    status = index_status(started.desk.registry, started.generations)
    assert status.generation is None
    assert "went another way" in (status.fault or "")


def test_the_index_of_another_registry_is_never_taken(office: Office, file: Path, tmp_path: Path) -> None:
    """The same ids, other people, under the same key."""
    (tmp_path / "other").mkdir()
    other = open_office(tmp_path / "other")
    enrol(other, "Luz", 3)
    rebuild(other.desk.registry, other.generations)
    foreign = Generations(tmp_path / "other" / "index", KEY)
    status = index_status(office.desk.registry, foreign)
    assert status.generation is None
    assert "another registry" in (status.fault or "")
    shutil.copytree(tmp_path / "other" / "index", tmp_path / "index")
    assert names(open_office(tmp_path), 1, 3) == ["Ana", None]


def test_a_registry_that_is_replaced_again_and_again_is_not_answered_from(
    office: Office, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise RegistryReplaced("The database is that of another registry.")

    monkeypatch.setattr(office.desk.registry, "workers", never)
    with pytest.raises(RegistryReplaced):
        names(office, 1)
