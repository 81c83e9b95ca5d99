"""A master key that is exchanged, and a process that is killed while it does that."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.ring import Ring, RingFile, fresh
from facevec.usecases.rotate import rotate
from tests.masterkeys.rotating import COUNT, REGISTRY, WrappedInFiles, context, master_of

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
KILLS = 3


@pytest.fixture
def wrapped(tmp_path: Path) -> WrappedInFiles:
    """Keys of data, each of its number, under a new master key."""
    folder = tmp_path / "wrapped"
    folder.mkdir()
    store, master = WrappedInFiles(folder), master_of(tmp_path)
    for number in range(COUNT):
        name = f"key{number:02}"
        store.write(name, master.wrap(bytes([number]) * 32, context(folder / name)))
    return store


def require_all_open(folder: Path, wrapped: WrappedInFiles) -> None:
    master = master_of(folder)
    keys = [master.unwrap(one, context(path)) for path, one in wrapped.all()]
    assert keys == [bytes([number]) * 32 for number in range(COUNT)]


def test_both_keys_work_until_the_old_one_is_forgotten_and_services_follow(
    tmp_path: Path, wrapped: WrappedInFiles
) -> None:
    service, before = master_of(tmp_path), dict(wrapped.all())
    assert service.is_current(next(iter(before.values())))
    rotating = master_of(tmp_path)
    rotation = rotate(rotating, wrapped, lambda: rotating.file.begin(NOW))
    assert (rotation.rewrapped, rotation.finished) == (COUNT, False)
    assert service.name == rotation.name
    require_all_open(tmp_path, wrapped)
    path, old = next(iter(before.items()))
    assert service.unwrap(old, context(path)) == bytes(32)
    assert len(rotating.file.forget()) == 1
    require_all_open(tmp_path, wrapped)
    with pytest.raises(MasterKeyWrong):
        service.unwrap(old, context(path))


def test_a_rotation_that_was_begun_is_finished_and_none_begun_beside_it(
    tmp_path: Path, wrapped: WrappedInFiles
) -> None:
    master = master_of(tmp_path)
    master.file.begin(NOW)
    rotation = rotate(master, wrapped, lambda: pytest.fail("a third key"))
    assert (rotation.rewrapped, rotation.finished) == (COUNT, True)


def test_a_lost_file_comes_back_from_its_copy_and_no_other_takes_its_place(
    tmp_path: Path, wrapped: WrappedInFiles
) -> None:
    file = master_of(tmp_path).file
    copy = file.read()
    assert copy is not None
    file.path.unlink()
    assert RingFile(file.path.parent, REGISTRY).restore(copy)
    require_all_open(tmp_path, wrapped)
    assert not file.restore(copy)
    with pytest.raises(MasterKeyUnavailable, match="holds another master key"):
        file.restore(Ring(REGISTRY, (fresh(NOW),)))
    file.begin(NOW)
    file.forget()
    with pytest.raises(MasterKeyUnavailable, match="holds another master key"):
        file.restore(copy)


@pytest.mark.slow
def test_a_rotation_that_is_killed_loses_no_key(tmp_path: Path, wrapped: WrappedInFiles) -> None:
    draw = random.Random(15)
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.masterkeys.rotating", tmp_path], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0, 0.15))
        process.kill()
        process.communicate()
        require_all_open(tmp_path, wrapped)
