"""A generation is opened whole or not at all, whatever happened to the disk or to its builder."""

from __future__ import annotations

import random
import stat
from contextlib import contextmanager

import numpy as np
import pytest

from facevec.errors import GalleryError
from facevec.gallery import manifest, stored
from facevec.gallery.generations import CURRENT, TEMPORARY, Generations
from facevec.gallery.references import REFERENCES
from tests.gallery.people import CONTRACT, MODEL, drawn
from tests.gallery.publishing import DIMENSION, names, publish
from tests.integrity import KEY


def test_what_is_published_is_loaded(generations, folder):
    assert generations.load(CONTRACT) is None
    name = publish(generations, 7)
    loaded, rows = generations.open(CONTRACT)
    assert loaded.name == name
    assert loaded.size == sum(path.stat().st_size for path in (folder / name).iterdir())
    assert all(map(np.array_equal, rows.everything(), drawn(50, DIMENSION, seed=7)))
    assert (loaded.snapshot.revision, loaded.snapshot.model) == (7, MODEL)


def test_an_empty_gallery_is_a_generation_too(generations):
    publish(generations, 3, count=0)
    loaded = generations.load(CONTRACT)
    assert loaded is not None
    assert loaded.workers == 0


def test_the_one_before_is_kept_and_older_ones_go(generations, folder):
    published = [publish(generations, revision) for revision in (1, 2, 3)]
    assert names(folder) == sorted(published[1:])
    assert (folder / CURRENT).read_text() == f"{published[2]}\n"


@pytest.mark.parametrize(("removal", "kept"), [(1, [1, 2]), (2, [2])])
def test_no_generation_older_than_the_newest_removal_is_kept(generations, folder, removal, kept):
    for revision in (1, 2):
        publish(generations, revision, removal=removal if revision == 2 else 0)
    assert [int(name.partition("-")[0]) for name in names(folder)] == kept
    assert generations.load(CONTRACT).snapshot.revision == 2


def test_only_the_owner_may_read(generations, folder):
    name = publish(generations, 1)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
    assert {path for path, mode in modes.items() if mode & 0o077} == set()
    assert modes[folder / name] == 0o700


def test_another_contract_is_refused(generations):
    publish(generations, 5)
    with pytest.raises(GalleryError, match="another contract"):
        generations.load("drawn-2")


def test_discard_leaves_no_file_of_a_removed_worker(generations, folder):
    publish(generations, 4)
    publish(generations, 5)
    (folder / f"{TEMPORARY}0011223344556677").mkdir()
    (folder / f"{TEMPORARY}0011223344556677" / REFERENCES).write_bytes(b"a build that died")
    assert generations.discard(before_revision=6) == 2
    assert names(folder) == []
    assert generations.load(CONTRACT) is None
    assert generations.discard(before_revision=6) == 0


def test_discard_keeps_what_was_built_after_the_removal(generations, folder):
    publish(generations, 5)
    name = publish(generations, 6)
    assert generations.discard(before_revision=6) == 1
    assert names(folder) == [name]
    assert generations.load(CONTRACT) is not None


def test_discard_without_an_index_makes_none(generations, folder):
    assert generations.discard(before_revision=9) == 0
    assert not folder.exists()


def test_what_reaches_the_disk_otherwise_than_it_was_meant_is_never_published(
    generations, folder, monkeypatch
):
    """A bit flips on the way from memory to the disk, once in each of 120 rebuilds; then none does."""
    draw = random.Random(14)
    creating = manifest.creating
    sizes = {stored.WORKER_IDS: 528, REFERENCES: 3200, stored.CODES: 800, stored.SUMS: 928}

    class Flipping:
        def __init__(self, file, at):
            self.file, self.at = file, at

        def write(self, data):
            data = bytearray(data)
            if 0 <= self.at < len(data):
                data[self.at] ^= 1 << draw.randrange(8)
            self.at -= len(data)
            self.file.write(data)

    for _ in range(120):
        struck = draw.choice([*sizes, manifest.MANIFEST, manifest.MARK])

        @contextmanager
        def struck_by_chance(path, struck=struck):
            with creating(path) as file:
                flipping = Flipping(file, draw.randrange(sizes.get(path.name, 64)))
                yield flipping if path.name == struck else file

        for module in (manifest, stored):
            monkeypatch.setattr(module, "creating", struck_by_chance)
        with pytest.raises(GalleryError):
            publish(generations, 1)
        assert names(folder) == []
    for module in (manifest, stored):
        monkeypatch.setattr(module, "creating", creating)
    publish(generations, 1)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    generations = Generations(tmp_path / "file" / "index", KEY)
    with pytest.raises(GalleryError, match="cannot be written"):
        publish(generations, 1)
