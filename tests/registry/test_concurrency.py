"""Many processes on one registry: nothing lost, nothing reordered, nobody told of a lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from facevec.registry.repository import SqlRegistry
from facevec.registry.tables import ChangeRow
from facevec.types import Position
from tests.conftest import ROOT
from tests.integrity import KEY

pytestmark = pytest.mark.slow

EACH = 40


def writer(url: str, prefix: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.registry.writer", url, str(prefix), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_enrol_while_a_third_reads(url: str, registry: SqlRegistry, engine: Engine) -> None:
    writers = [writer(url, prefix, EACH) for prefix in (0, 1000)]
    seen: list[Position] = [registry.position()]
    followed: set[int] = set()
    while any(process.poll() is None for process in writers):
        revision, touched = registry.changed_since(seen[-1])
        revision_read, templates = registry.templates("contract-a")
        assert len(templates.worker_ids) == 3 * revision_read
        seen.append(revision)
        followed.update(touched)
    for process in writers:
        output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert len(output.split()) == EACH
    revisions_seen = [position.revision for position in seen]
    assert revisions_seen == sorted(revisions_seen)
    followed.update(registry.changed_since(seen[-1])[1])
    workers = registry.list_workers()
    assert len(workers) == 2 * EACH
    assert followed == {worker.id for worker in workers}
    with engine.connect() as connection:
        log = connection.execute(select(ChangeRow.revision, ChangeRow.worker_id).order_by(ChangeRow.revision))
        revisions, ids = zip(*log, strict=True)
    assert revisions == tuple(range(1, 2 * EACH + 1))
    assert len(set(ids)) == 2 * EACH
    assert registry.state().revision == 2 * EACH


def test_killed_in_the_middle_of_writing(tmp_path: Path) -> None:
    from facevec.registry.engine import open_engine

    url = f"sqlite:///{tmp_path / 'facevec.db'}"
    acknowledged: set[int] = set()
    for attempt in range(4):
        process = writer(url, 10_000 * attempt, 5_000)
        for _ in range(3 + 4 * attempt):
            acknowledged.add(int(process.stdout.readline()))
        process.kill()
        acknowledged.update(int(line) for line in process.stdout.read().split("\n")[:-1])
        process.communicate()
        engine = open_engine(url, key=KEY)
        registry = SqlRegistry(engine)
        workers = registry.list_workers()
        # One more may have been committed than was told.
        assert acknowledged <= {worker.id for worker in workers}
        assert all(worker.photo_count == 3 for worker in workers)
        revision, templates = registry.templates("contract-a")
        assert len(templates.worker_ids) == 3 * len(workers)
        assert revision == len(workers)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM changes")) == revision
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        engine.dispose()
