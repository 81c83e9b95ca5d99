"""Where a database lies: on a full disk, read-only, where locks do nothing, or copied while written."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog.testing
from sqlalchemy import Engine

from facevec.errors import DiskFull, GalleryError, RegistryError
from facevec.files import locks_hold
from facevec.gallery.generations import Generations
from facevec.registry import soundness
from facevec.registry.engine import open_engine, reading
from facevec.registry.repository import SqlRegistry
from facevec.registry.reserve import Reserve
from facevec.registry.schema import prepare
from facevec.usecases.rebuild import rebuild
from facevec.usecases.remove import remove_worker
from tests.entries import posix
from tests.integrity import KEY
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo

pytestmark = posix


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path) -> None:
    """Leave not a byte."""
    with (disk / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def registry_at(file: Path, workers: int = 5) -> tuple[Engine, SqlRegistry]:
    engine = open_engine(f"sqlite:///{file}", key=KEY)
    prepare(engine)
    Reserve(engine).settle()
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    for number in range(workers):
        registry.add_worker(f"Worker {number}", None, None, [photo(2 * number), photo(2 * number + 1)])
    return engine, registry


@pytest.mark.parametrize("room", ["the reserve", "the index"])
def test_a_full_disk_prevents_no_removal(small_disk: Path, room: str) -> None:
    engine, registry = registry_at(small_disk / "facevec.db")
    generations = Generations(small_disk / "index", KEY)
    rebuild(registry, generations)
    if room == "the index":
        Reserve(engine).give_up()
        (small_disk / "index" / "1-0011223344556677").mkdir()
        (small_disk / "index" / "1-0011223344556677" / "references.f32").write_bytes(bytes(500_000))
    fill(small_disk)
    with pytest.raises(DiskFull):
        registry.add_worker("One more", None, None, [photo(99, pixels=bytes(100_000))])
    remove_worker(registry, generations, 2)
    assert [worker.id for worker in registry.list_workers()] == [1, 3, 4, 5]
    (small_disk / "filler").unlink()
    remove_worker(registry, generations, 3)
    assert registry.add_worker("One more", None, None, [photo(99)]).id == 6
    with reading(engine) as connection:
        assert soundness.faults(connection) == ()
    engine.dispose()


def test_the_room_is_kept_again_once_there_is_some(small_disk: Path) -> None:
    engine, registry = registry_at(small_disk / "facevec.db")
    reserve = Reserve(engine)
    fill(small_disk)
    registry.remove_worker(1)
    assert not reserve.path.exists() or reserve.path.stat().st_size > 0
    (small_disk / "filler").unlink()
    Reserve(engine).settle()
    assert reserve.path.stat().st_size > 1_000_000
    engine.dispose()


def test_where_locks_do_nothing_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert locks_hold(tmp_path)
    for name in ("flock", "fcntl"):
        with monkeypatch.context() as patched:
            patched.setattr(fcntl, name, lambda *_: 0)
            assert not locks_hold(tmp_path)
            with pytest.raises(RegistryError, match=r"do nothing.* Put the database on a disk"):
                open_engine(f"sqlite:///{tmp_path / 'facevec.db'}")
            with pytest.raises(GalleryError, match="do nothing"):
                Generations(tmp_path / "index", KEY).publish(lambda: None, lambda: 0)
    assert [path.name for path in tmp_path.glob(".locks-*")] == []


def test_where_there_are_no_locks_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", none)
    assert not locks_hold(tmp_path)


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Makes `tmp_path / "home"` read-only."""
    home = tmp_path / "home"
    home.mkdir()
    bound = []

    def freeze() -> None:
        try:
            subprocess.run(["mount", "--bind", home, home], check=True, capture_output=True)
            bound.append(home)
            subprocess.run(["mount", "-o", "remount,ro,bind", home], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("nothing can be mounted here")

    yield freeze
    for mounted in bound:
        subprocess.run(["umount", "-l", mounted], check=True)


def test_what_is_read_only_is_read_all_the_same(tmp_path: Path, frozen: Callable[[], None]) -> None:
    home = tmp_path / "home"
    engine, registry = registry_at(home / "facevec.db")
    generations = Generations(home / "index", KEY)
    rebuild(registry, generations)
    engine.dispose()
    frozen()
    engine = open_engine(f"sqlite:///{home / 'facevec.db'}", key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    assert len(registry.templates(CONTRACT)[1].worker_ids) == 10
    assert generations.load(CONTRACT) is not None
    with structlog.testing.capture_logs() as logs:
        Reserve(engine).settle()
        generations.sweep(registry.newest_removal())
    assert logs == []
    with pytest.raises(RegistryError, match="cannot be written"):
        registry.remove_worker(1)
    engine.dispose()


def opened_elsewhere(file: Path) -> list[str]:
    """What is logged when it is opened as facevec does it."""
    engine = open_engine(f"sqlite:///{file}", key=KEY)
    try:
        with structlog.testing.capture_logs() as logs:
            try:
                prepare(engine)
                Reserve(engine).settle()
            except RegistryError as error:
                return [str(error)]
        return [line["event"] for line in logs]
    finally:
        engine.dispose()


def test_a_database_that_is_where_it_was_is_not_looked_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _ = registry_at(tmp_path / "facevec.db")
    engine.dispose()
    looked_through = []
    monkeypatch.setattr(soundness, "faults", lambda _: looked_through.append(1) or ())
    opened_elsewhere(tmp_path / "facevec.db")
    assert looked_through == []
    shutil.copytree(tmp_path, tmp_path.with_name("copy"))
    opened_elsewhere(tmp_path.with_name("copy") / "facevec.db")
    assert looked_through == [1]
    opened_elsewhere(tmp_path.with_name("copy") / "facevec.db")
    assert looked_through == [1]


def test_a_copy_of_what_was_being_written_is_told_when_it_is_opened(tmp_path: Path) -> None:
    """Torn as `cp -a` tears it: the first quarter of before a change, the rest of after; no journal."""
    home = tmp_path / "home"
    home.mkdir()
    engine, registry = registry_at(home / "facevec.db", workers=3)
    torn = tmp_path / "torn" / "facevec.db"
    torn.parent.mkdir()
    noticed = []
    for number in range(10, 16):
        before = (home / "facevec.db").read_bytes()
        registry.add_worker(f"Worker {number}", None, None, [photo(2 * number)])
        after = (home / "facevec.db").read_bytes()
        quarter = len(before) // 16384 * 4096  # among the pages that every change is in
        torn.write_bytes(before[:quarter] + after[quarter:])
        (torn.parent / "facevec.db-reserve").unlink(missing_ok=True)
        noticed.append(opened_elsewhere(torn))
    engine.dispose()
    assert all(noticed), noticed
