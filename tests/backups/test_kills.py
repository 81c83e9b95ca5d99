"""Killed at any moment, a backup, a restore, an upgrade, a removal or a cut of the log leaves all whole.

`python -m tests.backups.test_kills 40` kills each so often.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

import pytest

from facevec.registry import history, marks, schema, soundness
from facevec.registry.engine import reading
from facevec.registry.ledger import RemovalLedger
from facevec.registry.reconciling import reconcile
from facevec.registry.schema import prepare
from tests.backups.deeds import DEEDS, OLDER, put_back, registry_in
from tests.backups.test_backup import read_whole
from tests.conftest import ROOT
from tests.integrity import KEY
from tests.registry.photos import photo

WORKERS = 60
IN_THE_BACKUP_ONLY = WORKERS + 1


def prepare_in(folder: Path) -> Path:
    """`folder`, with a registry, an older backup with one more, who was removed since, and a newer one."""
    from facevec.backups.making import make_backup

    registry = registry_in(folder)
    prepare(registry._engine)
    RemovalLedger(folder / "removals", KEY).begin()
    registry.claim_model("model-a", "contract-a")
    for number in range(WORKERS + 1):
        registry.add_worker(f"Worker {number}", None, None, [photo(number)])
    for name in ("older", "newest"):
        make_backup(registry._engine, folder / name, integrity=KEY, within=folder)
    registry.remove_worker(IN_THE_BACKUP_ONLY)
    registry._engine.dispose()
    return folder


def killed_after(deed: str, folder: Path, seconds: float | None) -> tuple[list[str], float]:
    """(what a process that is killed so long after it began has said to have done, how long that was).

    seconds: None is until it has done it once.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.backups.deeds", deed, str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    began = time.monotonic()
    first = ""
    if seconds is None:
        first = process.stdout.readline()
    else:
        time.sleep(seconds)
    took = time.monotonic() - began
    running = process.poll() is None
    process.kill()
    said, error = process.communicate()
    assert running, error
    return (first + said).split(), took


def require_whole(folder: Path, removed: set[int], *, at_most: int = 0) -> set[int]:
    """Nobody is lost but who was removed, and `at_most` so many who were being removed; who is there."""
    registry = registry_in(folder)
    if schema.check(registry._engine).current == OLDER:
        schema.upgrade(registry._engine)
    schema.require_current(registry._engine)
    reconcile(registry._engine, RemovalLedger(folder / "removals", KEY), lambda: datetime.now(timezone.utc))
    there = {worker.id for worker in registry.list_workers()}
    meant = set(range(1, WORKERS + 1)) - removed
    assert there <= meant, "somebody came back"
    assert len(meant - there) <= at_most, "somebody is lost"
    with reading(registry._engine) as connection:
        assert soundness.faults(connection) == ()
        assert history.broken_link(connection) is None
        assert not any(rows.refused for rows in marks.survey(connection))
    for worker_id in there:
        assert registry.photos(worker_id)[0].sha256 == photo(worker_id - 1).sha256
    registry._engine.dispose()
    for name in ("older", "newest", *(path.name for path in folder.glob("*.backup"))):
        read_whole(folder / name, None)
    return there


def kill_often(deed: str, prepared: Path, kills: int, seed: int) -> Counter[str]:
    """How often the killed process had done its deed by then, and how often it had not yet.

    prepared: what `prepare_in` made, which stays as it is.
    """
    draw, outcomes = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(prepared, Path(name) / "home"))
        removed: set[int] = set()
        usual = 0.0
        for number in range(kills + 1):
            said, took = killed_after(deed, folder, draw.uniform(0.0, 1.5 * usual) if number else None)
            usual = usual or took
            outcomes["done" if said else "not yet"] += 1
            if deed == "remove":
                removed |= {int(line) for line in said}
                there = require_whole(folder, removed, at_most=1)
                removed = set(range(1, WORKERS + 1)) - there
                if len(there) < WORKERS // 2:
                    put_back(folder)
                    assert require_whole(folder, removed) == there
                    break
            else:
                require_whole(folder, removed)
            assert len([path for path in folder.iterdir() if path.is_dir()]) <= 1, (
                "what was left is not swept"
            )
        put_back(folder)
        require_whole(folder, removed)
        assert [path for path in folder.iterdir() if path.is_dir()] == []
    return outcomes


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It takes longer than a deed."""
    return prepare_in(tmp_path_factory.mktemp("prepared"))


@pytest.mark.slow
@pytest.mark.parametrize("deed", DEEDS)
def test_killed_at_any_moment_it_leaves_what_was_or_what_is_to_be(deed: str, prepared: Path) -> None:
    assert kill_often(deed, prepared, kills=2, seed=5).total() >= 1


def main(kills: int) -> None:
    """Kill each so often."""
    with tempfile.TemporaryDirectory() as name:
        prepared = prepare_in(Path(name))
        for deed in DEEDS:
            sys.stdout.write(f"{deed}: {dict(kill_often(deed, prepared, kills, seed=9))}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
