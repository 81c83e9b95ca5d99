"""A generation is opened whole or not at all, whatever happened to the disk or to its builder."""

from __future__ import annotations

import dataclasses
import json
import random
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import GalleryError, RebuildRunning
from facevec.gallery import generations as generations_module
from facevec.gallery import manifest
from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.generations import CURRENT, LOCK, TEMPORARY, Generations
from facevec.usecases.rebuild import rebuild
from facevec.usecases.remove import remove_worker
from tests.gallery.people import CONTRACT, MODEL, RegistryInMemory, snapshot, unit_vectors
from tests.gallery.rebuild_forever import DIMENSION as KILLED_DIMENSION
from tests.gallery.rebuild_forever import WORKERS as KILLED_WORKERS
from tests.integrity import KEY

DIMENSION = 16
NEWEST = 10**6
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def generations(folder) -> Generations:
    return Generations(folder, FaissFlatGallery, KEY)


def nobody_removed() -> int:
    return 0


def publish(generations: Generations, revision: int, count: int = 50, removal: int = 0) -> str:
    published = generations.publish(
        lambda: snapshot(count, DIMENSION, revision, seed=revision), lambda: removal
    )
    return published.name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_what_is_published_is_loaded(generations, folder):
    assert generations.load(CONTRACT, NEWEST) is None
    name = publish(generations, 7)
    loaded = generations.load(CONTRACT, 7)
    meant = snapshot(50, DIMENSION, 7, seed=7)
    assert loaded is not None
    assert loaded.name == name
    assert loaded.size == sum(path.stat().st_size for path in (folder / name).iterdir())
    assert np.array_equal(loaded.snapshot.worker_ids, meant.worker_ids)
    assert np.array_equal(loaded.snapshot.references, meant.references)
    assert (loaded.snapshot.revision, loaded.snapshot.model) == (7, MODEL)


def test_an_empty_gallery_is_a_generation_too(generations):
    publish(generations, 3, count=0)
    loaded = generations.load(CONTRACT, 3)
    assert loaded is not None
    assert len(loaded.snapshot.worker_ids) == 0


def test_the_one_before_is_kept_and_older_ones_go(generations, folder):
    published = [publish(generations, revision) for revision in (1, 2, 3)]
    assert names(folder) == sorted(published[1:])
    assert (folder / CURRENT).read_text() == f"{published[2]}\n"


@pytest.mark.parametrize(("removal", "kept"), [(1, [1, 2]), (2, [2])])
def test_no_generation_older_than_the_newest_removal_is_kept(generations, folder, removal, kept):
    for revision in (1, 2):
        publish(generations, revision, removal=removal if revision == 2 else 0)
    assert [int(name.partition("-")[0]) for name in names(folder)] == kept
    assert generations.load(CONTRACT, NEWEST).snapshot.revision == 2


def test_a_rebuild_that_read_before_a_removal_reads_again(generations, folder):
    revisions = iter((1, 2, 3))
    removals = iter((2, 3, 3))
    generation = generations.publish(lambda: snapshot(50, DIMENSION, next(revisions)), lambda: next(removals))
    assert generation.snapshot.revision == 3
    assert names(folder) == [generation.name]
    assert (folder / CURRENT).read_text() == f"{generation.name}\n"


def test_a_removal_that_gave_up_waiting_leaves_no_face_behind_the_rebuild(generations, folder, monkeypatch):
    """The remover gives up while the rebuild, which read before, is at work; the rebuild cleans up."""
    monkeypatch.setattr(generations_module, "DISCARD_WAIT", 0.1)
    registry = RegistryInMemory()
    vectors = unit_vectors(3, DIMENSION, seed=1)
    for worker_id, vector in enumerate(vectors, start=1):
        registry.enrol(worker_id, vector[None])
    rebuild(registry.as_port(), generations)
    removed = vectors[1].tobytes()
    assert removed in on_disk(folder)
    templates = registry.templates

    def removing_meanwhile(contract, only=None):
        answer = templates(contract, only)
        monkeypatch.setattr(registry, "templates", templates)
        other = Generations(folder, FaissFlatGallery, KEY)
        with pytest.raises(RebuildRunning, match="it deletes those"):
            remove_worker(registry.as_port(), other, 2)
        return answer

    monkeypatch.setattr(registry, "templates", removing_meanwhile)
    report = rebuild(registry.as_port(), generations)
    assert report.workers == 2
    assert removed not in on_disk(folder)
    assert vectors[0].tobytes() in on_disk(folder)


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_only_the_owner_may_read(generations, folder):
    name = publish(generations, 1)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {path for path, mode in modes.items() if mode & 0o077} == set()
    assert modes[folder / name] == 0o700


def flip(path: Path, position: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("file_name", [manifest.MANIFEST, manifest.WORKER_IDS, manifest.REFERENCES])
def test_no_flipped_bit_is_ever_opened(generations, folder, file_name):
    """Every header byte, and a spread over the rest: at least one in each 16 bytes."""
    path = folder / publish(generations, 1) / file_name
    size = path.stat().st_size
    draw = random.Random(file_name)
    positions = sorted({*range(min(size, 128)), *range(128, size, 16), size - 1})
    for position in positions:
        bit = draw.randrange(8)
        flip(path, position, bit)
        with pytest.raises(GalleryError):
            generations.load(CONTRACT, NEWEST)
        flip(path, position, bit)
    assert generations.load(CONTRACT, NEWEST) is not None


@pytest.mark.parametrize("file_name", [manifest.MANIFEST, manifest.WORKER_IDS, manifest.REFERENCES])
@pytest.mark.parametrize("damage", ["short", "empty", "long", "missing", "folder"])
def test_no_torn_file_is_ever_opened(generations, folder, file_name, damage):
    path = folder / publish(generations, 1) / file_name
    data = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes({"short": data[:-1], "empty": b"", "long": data + b"\0"}[damage])
    with pytest.raises(GalleryError):
        generations.load(CONTRACT, NEWEST)


def test_a_manifest_that_was_edited_does_not_pass(generations, folder):
    path = folder / publish(generations, 1) / manifest.MANIFEST
    edited = json.loads(path.read_text())
    edited["contract"] = "drawn-0"
    path.write_text(json.dumps(edited, indent=2))
    with pytest.raises(GalleryError, match="changed or damaged"):
        generations.load("drawn-0", NEWEST)


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00garbage", b"../../etc\n", b"5-0123456789abcdef\n", b"x" * 10_000]
)
def test_a_current_that_points_nowhere_is_an_error_and_a_rebuild_mends_it(generations, folder, content):
    publish(generations, 1)
    (folder / CURRENT).write_bytes(content)
    with pytest.raises(GalleryError):
        generations.load(CONTRACT, NEWEST)
    name = publish(generations, 2)
    loaded = generations.load(CONTRACT, NEWEST)
    assert loaded is not None
    assert loaded.name == name


def test_current_missing_is_no_generation(generations, folder):
    publish(generations, 1)
    (folder / CURRENT).unlink()
    assert generations.load(CONTRACT, NEWEST) is None


def test_another_contract_and_a_future_revision_are_refused(generations):
    publish(generations, 5)
    with pytest.raises(GalleryError, match="another contract"):
        generations.load("drawn-2", NEWEST)
    with pytest.raises(GalleryError, match="revision 4"):
        generations.load(CONTRACT, 4)


def test_discard_leaves_no_file_of_a_removed_worker(generations, folder):
    publish(generations, 4)
    publish(generations, 5)
    (folder / f"{TEMPORARY}0011223344556677").mkdir()
    (folder / f"{TEMPORARY}0011223344556677" / manifest.REFERENCES).write_bytes(b"a build that died")
    assert generations.discard(before_revision=6) == 2
    assert names(folder) == []
    assert generations.load(CONTRACT, NEWEST) is None
    assert generations.discard(before_revision=6) == 0


def test_what_a_process_that_died_left_is_swept_away(generations, folder):
    publish(generations, 4)
    (folder / f".{CURRENT}-0011223344556677").write_text("a pointer that was not swapped in")
    (folder / f"{TEMPORARY}0011223344556677").write_text("a pointer as facevec 0.1.0 wrote it")
    publish(generations, 5)
    assert {path.name for path in folder.glob(".*")} == {LOCK}


def test_discard_keeps_what_was_built_after_the_removal(generations, folder):
    publish(generations, 5)
    name = publish(generations, 6)
    assert generations.discard(before_revision=6) == 1
    assert names(folder) == [name]
    assert generations.load(CONTRACT, NEWEST) is not None


def test_discard_without_an_index_makes_none(generations, folder):
    assert generations.discard(before_revision=9) == 0
    assert not folder.exists()


class InWorking:
    """A rebuild in another thread that stands still until it is released."""

    def __init__(self, generations: Generations, revision: int) -> None:
        self.reading, self.release = threading.Event(), threading.Event()
        self.thread = threading.Thread(
            target=lambda: generations.publish(lambda: self._read(revision), nobody_removed)
        )

    def __enter__(self) -> InWorking:
        self.thread.start()
        assert self.reading.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        self.release.set()
        self.thread.join(10)

    def _read(self, revision: int):
        self.reading.set()
        assert self.release.wait(10)
        return snapshot(50, DIMENSION, revision, seed=revision)


def test_a_second_rebuild_is_told_that_one_runs(generations, folder):
    with InWorking(generations, 1):
        other = Generations(folder, FaissFlatGallery, KEY)
        with pytest.raises(RebuildRunning, match="try again"):
            publish(other, 2)
    loaded = generations.load(CONTRACT, NEWEST)
    assert loaded is not None
    assert loaded.snapshot.revision == 1


def test_discard_waits_for_a_rebuild_that_read_too_early(generations, folder):
    """The rebuild read at revision 1, the worker went at 2: what it publishes must go, too."""
    with InWorking(generations, 1) as rebuild:
        discarded = []
        discard = threading.Thread(target=lambda: discarded.append(generations.discard(2)))
        discard.start()
        time.sleep(0.1)
        assert discarded == []
        rebuild.release.set()
        discard.join(10)
    assert discarded == [1]
    assert names(folder) == []


def test_discard_gives_up_in_the_end(generations, monkeypatch):
    monkeypatch.setattr(generations_module, "DISCARD_WAIT", 0.1)
    with InWorking(generations, 1), pytest.raises(RebuildRunning):
        generations.discard(2)


def test_a_build_that_fails_leaves_what_stood_before(generations, folder):
    name = publish(generations, 1)

    def fail():
        raise GalleryError("no")

    broken = snapshot(50, DIMENSION, 2)
    broken.references[7] = np.nan
    for read in (fail, lambda: broken):
        with pytest.raises(GalleryError):
            generations.publish(read, nobody_removed)
    assert names(folder) == [name]
    assert generations.load(CONTRACT, NEWEST) is not None


def test_a_gallery_that_answers_wrongly_is_never_published(folder):
    class Wrong(FaissFlatGallery):
        def put(self, worker_ids, references):
            super().put(worker_ids, np.roll(references, 1, axis=0))

    with pytest.raises(GalleryError, match="exact search"):
        publish(Generations(folder, Wrong, KEY), 1)
    assert names(folder) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    generations = Generations(tmp_path / "file" / "index", FaissFlatGallery, KEY)
    with pytest.raises(GalleryError, match="cannot be written"):
        publish(generations, 1)


@pytest.mark.parametrize("removing", [[], ["removing"]], ids=["nobody removed", "always somebody removed"])
def test_killed_at_any_moment_current_is_whole(folder, removing):
    """Ten processes that rebuild without pause are killed, each at a moment of its own."""
    draw = random.Random(20)
    generations = Generations(folder, FaissFlatGallery, KEY)
    meant = snapshot(KILLED_WORKERS, KILLED_DIMENSION)
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
        loaded = generations.load(CONTRACT, NEWEST)
        assert loaded is not None
        assert loaded.snapshot.revision in (acknowledged, acknowledged + 1)
        assert np.array_equal(loaded.snapshot.references, meant.references)
    assert interrupted > 0, "no kill fell into a build: it proves nothing"
    generations.publish(
        lambda: dataclasses.replace(meant, revision=NEWEST), lambda: NEWEST if removing else 0
    )
    assert [name for name in names(folder) if name.startswith(TEMPORARY)] == []
    assert len(names(folder)) == (1 if removing else 2)
