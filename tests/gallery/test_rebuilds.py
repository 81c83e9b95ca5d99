"""Rebuilds beside each other, beside removals, and killed: what stands is whole."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import structlog.testing
from filelock import FileLock

from facevec.errors import GalleryError, RebuildRunning, WorkerNotFound
from facevec.gallery import manifest
from facevec.gallery.generations import CURRENT, LOCK, SWAP_LOCK, TEMPORARY, Generations
from facevec.gallery.references import REFERENCES
from facevec.ports import Draft
from facevec.types import Snapshot
from facevec.usecases.rebuild import rebuild
from facevec.usecases.remove import remove_worker
from tests.gallery.people import CONTRACT, RegistryInMemory, drawn, snapshot, unit_vectors
from tests.gallery.publishing import DIMENSION, NEWEST, names, nobody_removed, on_disk, publish, reading
from tests.gallery.rebuild_forever import DIMENSION as KILLED_DIMENSION
from tests.gallery.rebuild_forever import WORKERS as KILLED_WORKERS
from tests.integrity import KEY

ROOT = Path(__file__).resolve().parents[2]


def test_a_rebuild_that_read_before_a_removal_reads_again(generations, folder):
    revisions = iter((1, 2, 3))
    removals = iter((2, 3, 3))

    def read(draft):
        return reading(next(revisions))(draft)

    generation = generations.publish(read, lambda: next(removals))
    assert generation.snapshot.revision == 3
    assert names(folder) == [generation.name]
    assert (folder / CURRENT).read_text() == f"{generation.name}\n"


def test_a_removal_does_not_wait_for_a_rebuild_which_reads_again(folder, monkeypatch):
    """The worker goes while the rebuild, which read before, writes: neither finds the face on the disk."""
    generations = Generations(folder, KEY)
    registry = RegistryInMemory()
    vectors = unit_vectors(3, DIMENSION, seed=1)
    for worker_id, vector in enumerate(vectors, start=1):
        registry.enrol(worker_id, vector[None])
    rebuild(registry.as_port(), generations)
    removed = vectors[1].tobytes()
    assert removed in on_disk(folder)
    write = manifest.write

    def removing_meanwhile(building, content, rows, *keys):
        monkeypatch.setattr(manifest, "write", write)
        name = write(building, content, rows, *keys)
        started = time.monotonic()
        remove_worker(registry.as_port(), Generations(folder, KEY), 2)
        assert time.monotonic() - started < 20  # it would be a minute
        assert removed not in on_disk(folder)
        return name

    monkeypatch.setattr(manifest, "write", removing_meanwhile)
    report = rebuild(registry.as_port(), generations)
    assert report.workers == 2
    assert removed not in on_disk(folder)
    assert vectors[0].tobytes() in on_disk(folder)


def test_a_face_that_a_killed_removal_left_goes_when_it_is_repeated_and_at_the_next_start(folder):
    """Killed between the commit and the files."""
    generations = Generations(folder, KEY)
    registry = RegistryInMemory()
    vectors = unit_vectors(4, DIMENSION, seed=1)
    for finish in (
        lambda worker_id: remove_worker(registry.as_port(), generations, worker_id),
        lambda _: generations.sweep(registry.newest_removal()),
    ):
        for worker_id, vector in enumerate(vectors, start=1):
            registry.enrol(worker_id, vector[None])
        rebuild(registry.as_port(), generations)
        removed = vectors[1].tobytes()
        died = folder / f"{TEMPORARY}{registry.state().revision}-0011223344556677"
        died.mkdir()
        (died / REFERENCES).write_bytes(removed)
        registry.remove_worker(2)
        assert removed in on_disk(folder)
        with suppress(WorkerNotFound):
            finish(2)
        assert removed not in on_disk(folder)


def test_an_index_that_cannot_be_swept_is_told_and_does_no_harm(tmp_path):
    generations = Generations(tmp_path / "index", KEY, swap_wait=0.1)
    publish(generations, 1)
    with FileLock(tmp_path / "index" / SWAP_LOCK), structlog.testing.capture_logs() as logs:
        generations.sweep(9)
    assert [line["event"] for line in logs] == ["index_not_swept"]


def test_an_index_that_another_user_made_is_one_sentence_and_keeps_nobody_from_a_removal(
    generations, monkeypatch
):
    """As after `sudo facevec index rebuild`: the folder is there, and who serves may not look into it."""
    publish(generations, 1)

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(GalleryError, match="Permission denied; look at"):
        generations.discard(2)
    with structlog.testing.capture_logs() as logs:
        generations.sweep(2)
    assert [line["event"] for line in logs] == ["index_not_swept"]


def test_what_a_process_that_died_left_is_swept_away(generations, folder):
    publish(generations, 4)
    (folder / f".{CURRENT}-0011223344556677").write_text("a pointer that was not swapped in")
    (folder / f"{TEMPORARY}0011223344556677").write_text("a pointer as facevec 0.1.0 wrote it")
    publish(generations, 5)
    assert {path.name for path in folder.glob(".*")} == {LOCK, SWAP_LOCK}


class InWorking:
    """A rebuild in another thread that stands still until it is released."""

    def __init__(self, generations: Generations, revision: int) -> None:
        self.reading, self.release = threading.Event(), threading.Event()
        self.thread = threading.Thread(
            target=lambda: generations.publish(lambda draft: self._read(draft, revision), nobody_removed)
        )

    def __enter__(self) -> InWorking:
        self.thread.start()
        assert self.reading.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self.release.set()
        self.thread.join(10)

    def _read(self, draft: Draft, revision: int) -> Snapshot:
        self.reading.set()
        assert self.release.wait(10)
        return reading(revision)(draft)


def test_a_second_rebuild_is_told_that_one_runs(generations, folder):
    with InWorking(generations, 1):
        other = Generations(folder, KEY)
        with pytest.raises(RebuildRunning, match="try again"):
            publish(other, 2)
    loaded = generations.load(CONTRACT)
    assert loaded is not None
    assert loaded.snapshot.revision == 1


def test_discard_neither_waits_for_a_rebuild_nor_deletes_what_it_makes_afterwards(generations, folder):
    publish(generations, 1)
    with InWorking(generations, 3):
        assert generations.discard(2) == 1
        assert names(folder) == []
    assert [int(name.partition("-")[0]) for name in names(folder)] == [3]


def test_discard_gives_up_in_the_end(folder):
    generations = Generations(folder, KEY, swap_wait=0.1)
    publish(generations, 1)
    with FileLock(folder / SWAP_LOCK), pytest.raises(RebuildRunning):
        generations.discard(2)


def test_one_of_a_history_that_was_undone_is_not_kept(generations, folder):
    """The registry went back to revision 2; the face of whoever came after is in 9 only."""
    publish(generations, 9)
    name = publish(generations, 2)
    assert names(folder) == [name]


def test_a_build_that_fails_leaves_what_stood_before(generations, folder):
    name = publish(generations, 1)

    def fail(draft):
        raise GalleryError("no")

    def read_what_is_no_number(draft):
        worker_ids, references = drawn(50, DIMENSION, seed=2)
        references[7] = np.nan
        draft.put(worker_ids, references)
        return snapshot(50, 2)

    for read in (fail, read_what_is_no_number):
        with pytest.raises(GalleryError):
            generations.publish(read, nobody_removed)
    assert names(folder) == [name]
    assert generations.load(CONTRACT) is not None


@pytest.mark.slow
@pytest.mark.parametrize("removing", [[], ["removing"]], ids=["nobody removed", "always somebody removed"])
def test_killed_at_any_moment_current_is_whole(folder, removing):
    """Ten processes that rebuild without pause are killed, each at a moment of its own."""
    draw = random.Random(20)
    generations = Generations(folder, KEY)
    meant = drawn(KILLED_WORKERS, KILLED_DIMENSION, seed=0)
    acknowledged, interrupted = 0, 0
    for _ in range(10):
        rebuilding = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.gallery.rebuild_forever",
                str(folder),
                str(acknowledged + 1),
                *removing,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert rebuilding.stdout is not None
        acknowledged = int(rebuilding.stdout.readline())
        time.sleep(draw.uniform(0.0, 0.3))
        rebuilding.kill()
        rest = rebuilding.communicate()[0].split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        interrupted += any(path.name.startswith(TEMPORARY) for path in folder.iterdir())
        loaded, rows = generations.open(CONTRACT, whole=True)
        assert loaded.snapshot.revision in (acknowledged, acknowledged + 1)
        assert all(map(np.array_equal, rows.everything(), meant))
    assert interrupted > 0, "no kill fell into a build: it proves nothing"
    generations.publish(reading(NEWEST), lambda: NEWEST if removing else 0)
    assert [name for name in names(folder) if name.startswith(TEMPORARY)] == []
    assert len(names(folder)) == (1 if removing else 2)
