"""Codes only say whom to look at: no answer is theirs, and nothing is decided by what was not verified."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import structlog.testing

from facevec.decision.vectors import unit
from facevec.gallery import segment, stored
from facevec.gallery.exact import ExactGallery
from facevec.gallery.generations import Generations
from facevec.gallery.helpers import Helpers
from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import TAKING_UP, LiveView
from facevec.gallery.references import REFERENCES, OnDisk, sums_of
from facevec.types import Candidate
from facevec.usecases.rebuild import rebuild
from tests.gallery.live import PEOPLE, named
from tests.gallery.people import CONTRACT, drawn, ids, unit_vectors
from tests.gallery.publishing import DIMENSION, publish
from tests.integrity import KEY

ROOT = Path(__file__).resolve().parents[2]

coded_gallery = partial(LayeredGallery, DIMENSION, sealed_at=10)


def spread(count: int, seed: int):
    return unit_vectors(count, 64, seed)


def in_clusters(count: int, seed: int):
    """Groups of ten who can hardly be told apart."""
    noise = np.random.default_rng(seed).normal(scale=1e-3, size=(count, 64))
    return unit((np.repeat(unit_vectors(count // 10, 64, seed), 10, axis=0) + noise).astype(np.float32))


def alike(count: int, seed: int):
    return np.repeat(unit_vectors(1, 64, seed), count, axis=0)


def axes(count: int, seed: int):
    """The furthest that codes can be from what they stand for: all of one scale, one a single number."""
    vectors = unit_vectors(count, 64, seed)
    vectors[0] = np.eye(64, dtype=np.float32)[0]
    return vectors


@pytest.mark.parametrize("people", [spread, in_clusters, alike, axes])
def test_no_neighbour_is_missed_however_few_are_fetched_first(people, monkeypatch):
    """Blocks, parts for several threads and the depth of the first look are as small as they can be."""
    for name, value in (("FETCH", 4), ("AT_ONCE", 7), ("WORTH_SHARING", 1), ("HELPERS", Helpers(3))):
        monkeypatch.setattr(segment, name, value)
    monkeypatch.setattr("facevec.gallery.codes.BLOCK", 64)
    worker_ids, references = np.random.default_rng(4).permutation(1000), people(1000, seed=3)
    coded, oracle = LayeredGallery(64, sealed_at=10), ExactGallery(64)
    for gallery in (coded, oracle):
        gallery.put(worker_ids, references)
        gallery.remove(worker_ids[::7])
    probes = np.concatenate([references[:6], spread(6, seed=5)])
    for k in (1, 8):
        assert coded.search(probes, k) == oracle.search(probes, k)


def test_processes_share_the_codes_and_not_what_they_mask(generations, folder):
    name = publish(generations, 1)
    codes = (folder / name / stored.CODES).read_bytes()
    first, second = (coded_gallery(generations.open(CONTRACT)[1]) for _ in range(2))
    _, references = drawn(50, DIMENSION, seed=1)
    first.remove(ids(7))
    assert (len(first), len(second)) == (49, 50)
    assert first.search(references[6:7], 1)[0][0].worker_id != 7
    assert second.search(references[6:7], 1) == ((Candidate(7, 0.0),),)
    first.put(ids(7, 8), references[[6, 30]])
    assert [first.search(references[row][None], 2)[0][0] for row in (6, 30)] == [
        Candidate(7, 0.0),
        Candidate(8, 0.0),
    ]
    assert len(first) == 50
    assert (folder / name / stored.CODES).read_bytes() == codes


def test_what_became_of_a_reference_after_it_was_opened_decides_nothing(registry, generations, folder):
    """The face of worker 5 is written over that of worker 6 while the view is in use."""
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, coded_gallery, generations)
    assert named(view, 60) == 60
    (path,) = folder.glob(f"*/{REFERENCES}")
    references = np.fromfile(path, np.float32).reshape(-1, DIMENSION)
    references[5] = references[4]
    with path.open("rb+") as file:
        file.write(references.tobytes())
    with structlog.testing.capture_logs() as logs:
        assert [named(view, person) for person in (5, 6, 60)] == [5, 6, 60]
    assert [(line["event"], line["instead"]) for line in logs] == [("index_not_used", "registry")]
    _, (candidates,) = view.search(PEOPLE[5][None], 2)
    assert [candidate.distance < 1e-6 for candidate in candidates] == [True, False]


CUT = """
from functools import partial
from pathlib import Path
import sys
from facevec.gallery import stored
from facevec.gallery.generations import Generations
from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import LiveView
from facevec.usecases.rebuild import rebuild
from tests.gallery.live import PEOPLE, named
from tests.gallery.people import CONTRACT, RegistryInMemory
from tests.gallery.publishing import DIMENSION
from tests.integrity import KEY

registry, generations = RegistryInMemory(), Generations(Path(sys.argv[1]), KEY)
for worker_id in range(1, 101):
    registry.enrol(worker_id, PEOPLE[worker_id][None])
rebuild(registry, generations)
view = LiveView(registry, CONTRACT, partial(LayeredGallery, DIMENSION, sealed_at=10), generations)
assert named(view, 60) == 60
(path,) = Path(sys.argv[1]).glob(f"*/{stored.CODES}")
path.write_bytes(b"")
if sys.argv[2] == "changed":
    registry.remove_worker(7)
assert [named(view, person) for person in (60, 7)] == [60, None if sys.argv[2] == "changed" else 7]
"""


@pytest.mark.parametrize("registry_is", ["changed", "unchanged"])
def test_a_mapped_file_that_is_cut_short_kills_nobody(folder, registry_is):
    """As by `cp` of a backup over a running service; the system kills whoever reads what is gone."""
    subprocess.run([sys.executable, "-c", CUT, folder, registry_is], check=True, timeout=60, cwd=ROOT)


def test_a_view_of_coded_rows_takes_up_what_changes(registry, generations):
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, coded_gallery, generations)
    assert named(view, 7) == 7
    registry.remove_worker(7)
    registry.enrol(8, PEOPLE[150][None])
    for worker_id in range(151, 170):
        registry.enrol(worker_id, PEOPLE[worker_id][None])
    assert [named(view, person) for person in (7, 8, 150, 160, 9)] == [None, None, 8, 160, 9]
    registry.enrol(7, PEOPLE[7][None])
    assert named(view, 7) == 7
    assert view.extent()[1] == 100 + 19


def test_where_open_files_cannot_be_deleted_references_are_held_in_memory(generations, folder):
    name = publish(generations, 1)
    worker_ids, references = drawn(50, DIMENSION, seed=1)
    on_disk = OnDisk(folder / name / REFERENCES, sums_of(references), DIMENSION)
    held = on_disk.in_memory()
    assert np.array_equal(held.at(worker_ids - 1), references)
    with pytest.raises(ValueError, match="closed file"):
        on_disk.at(worker_ids[:1])


def test_a_newer_generation_is_taken_up_while_searches_go_on(registry, generations, folder, monkeypatch):
    """What came since the older one needs no memory any more, and its deleted files no room."""
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, coded_gallery, generations)
    for person in (150, 151):
        registry.enrol(person, PEOPLE[person][None])
    assert named(view, 150) == 150
    registry.remove_worker(9)
    others = Generations(folder, KEY)
    rebuild(registry.as_port(), others)
    opening, may_open, opened = threading.Event(), threading.Event(), generations.open

    def slowly(contract):
        opening.set()
        assert may_open.wait(10)
        return opened(contract)

    monkeypatch.setattr(generations, "open", slowly)
    assert named(view, 150) == 150
    assert opening.wait(10)
    registry.enrol(152, PEOPLE[152][None])
    assert [named(view, person) for person in (9, 150, 152)] == [None, 150, 152]
    with structlog.testing.capture_logs() as logs:
        may_open.set()
        until_taken_up()
    assert [(line["event"], line["revision"]) for line in logs] == [("generation_taken_up", 104)]
    assert [named(view, person) for person in (9, 150, 151, 152)] == [None, 150, 151, 152]
    assert len(view._view.gallery._recent) == 1
    others.discard(10**6)
    assert named(view, 150) == 150
    until_taken_up()
    assert named(view, 150) == 150


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not say which files are open")
def test_the_files_of_an_older_generation_are_let_go(registry, generations, folder):
    rebuild(registry.as_port(), generations)
    view = LiveView(registry.as_port(), CONTRACT, coded_gallery, generations)
    assert named(view, 1) == 1
    registry.remove_worker(9)
    rebuild(registry.as_port(), Generations(folder, KEY))
    assert any("deleted" in name for name in held(folder))
    assert named(view, 1) == 1
    until_taken_up()
    assert held(folder)
    assert not any("deleted" in name for name in held(folder))


def held(folder):
    """Files below the folder that this process holds open."""
    names = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            names.append(str(link.readlink()))
    return [name for name in names if name.startswith(str(folder))]


def until_taken_up():
    for thread in threading.enumerate():
        if thread.name == TAKING_UP:
            thread.join(10)
