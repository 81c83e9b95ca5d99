"""A generation is opened whole or not at all, whatever happened to the disk."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from facevec.errors import GalleryError
from facevec.gallery import manifest, stored
from facevec.gallery.generations import CURRENT
from facevec.gallery.references import REFERENCES
from tests.entries import posix
from tests.gallery.people import CONTRACT
from tests.gallery.publishing import publish

FILES = [manifest.MANIFEST, stored.WORKER_IDS, stored.SUMS, stored.CODES, REFERENCES]


def flip(path: Path, position: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("file_name", FILES)
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
            generations.load(CONTRACT)
        flip(path, position, bit)
    assert generations.load(CONTRACT) is not None


@pytest.mark.parametrize("file_name", FILES)
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
        generations.load(CONTRACT)


def test_a_manifest_that_was_edited_does_not_pass(generations, folder):
    path = folder / publish(generations, 1) / manifest.MANIFEST
    edited = json.loads(path.read_text())
    edited["contract"] = "drawn-0"
    path.write_text(json.dumps(edited, indent=2))
    with pytest.raises(GalleryError, match="changed or damaged"):
        generations.load("drawn-0")


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00garbage", b"../../etc\n", b"5-0123456789abcdef\n", b"x" * 10_000]
)
def test_a_current_that_points_nowhere_is_an_error_and_a_rebuild_mends_it(generations, folder, content):
    publish(generations, 1)
    (folder / CURRENT).write_bytes(content)
    with pytest.raises(GalleryError):
        generations.load(CONTRACT)
    name = publish(generations, 2)
    loaded = generations.load(CONTRACT)
    assert loaded is not None
    assert loaded.name == name


@posix
def test_an_index_that_is_a_link_to_nowhere_is_an_error(generations, folder):
    folder.symlink_to("a disk that is not mounted")
    with pytest.raises(GalleryError, match="is a link that leads nowhere; mend or remove it"):
        generations.load(CONTRACT)


def test_current_missing_is_no_generation(generations, folder):
    publish(generations, 1)
    (folder / CURRENT).unlink()
    assert generations.load(CONTRACT) is None
