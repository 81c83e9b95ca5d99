"""A generation that is encrypted is read by whoever has the registry's key, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facevec.errors import GalleryError
from facevec.gallery import sealing, stored
from facevec.gallery.generations import Generations
from facevec.gallery.references import REFERENCES, sums_of
from facevec.registry.encryption.wrapping import RegistryKey
from tests.gallery.people import CONTRACT, drawn
from tests.gallery.publishing import DIMENSION, names, on_disk, publish, reading
from tests.integrity import KEY

COUNT = 5_000
"""So that codes are written in more than one block."""


class Wrapped:
    """`ports.KeyWrap` by a registry key that this process knows."""

    def __init__(self, secret: bytes = b"k" * 32) -> None:
        self._key = RegistryKey(1, secret)
        self.is_begun = True

    def encrypts(self) -> bool:
        return self.is_begun

    def wrap(self, key: bytes) -> bytes | None:
        return self._key.wrap(key) if self.is_begun else None

    def unwrap(self, wrapped: bytes) -> bytes | None:
        return self._key.unwrap(wrapped)


@pytest.fixture
def generations(folder: Path) -> Generations:
    return Generations(folder, KEY, wrap=Wrapped())


def test_what_is_encrypted_is_searched_as_before_and_lies_nowhere_in_clear(
    generations: Generations, folder: Path
) -> None:
    name = publish(generations, 7, count=COUNT)
    loaded, rows = generations.open(CONTRACT) or pytest.fail("it is not there")
    ids, vectors = drawn(COUNT, DIMENSION, seed=7)
    assert loaded.size == sum(path.stat().st_size for path in (folder / name).iterdir())
    assert all(map(np.array_equal, rows.everything(), (ids, vectors)))
    ranking = rows.search(vectors[:3], 1, np.full(3, 2.0))
    assert [ids_of[0] for ids_of, _ in ranking] == ids[:3].tolist()
    disk = b"".join(path.read_bytes() for path in (folder / name).iterdir())
    assert not any(vector.tobytes()[:16] in disk for vector in vectors)
    codes, sums = (
        stored.encode(vectors, stored.scale_for(float(np.abs(vectors).max())))[0],
        sums_of(vectors),
    )
    assert not any(row.tobytes()[:8] in disk for row in (*codes[::50], *sums[::50]))


def test_without_its_key_it_is_not_opened(generations: Generations, folder: Path) -> None:
    publish(generations, 7)
    for wrap in (None, Wrapped(b"another key of 32 bytes, I think")):
        with pytest.raises(GalleryError, match="key that the registry has no more"):
            Generations(folder, KEY, wrap=wrap).load(CONTRACT)


@pytest.mark.parametrize("file", [stored.CODES, stored.WORKER_IDS, stored.SUMS, REFERENCES])
def test_what_was_changed_is_not_opened(generations: Generations, folder: Path, file: str) -> None:
    path = folder / publish(generations, 7) / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(GalleryError, match="changed or damaged"):
        generations.load(CONTRACT)


def test_its_key_is_destroyed_before_it_is_deleted(
    generations: Generations, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = folder / publish(generations, 7) / sealing.KEY
    wrapped = key.read_bytes()
    left: list[bytes] = []
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: left.append(key.read_bytes()))
    generations.discard(8)
    assert Wrapped().unwrap(wrapped) is not None
    assert Wrapped().unwrap(left[0]) is None


def test_a_build_that_an_encryption_overtakes_is_not_published_in_clear(folder: Path) -> None:
    wrap = Wrapped()
    wrap.is_begun = False
    generations = Generations(folder, KEY, wrap=wrap)

    def encrypted_meanwhile() -> int:
        wrap.is_begun = True  # it is written by now
        return 0

    name = generations.publish(reading(7), encrypted_meanwhile).name
    assert names(folder) == [name]
    assert sealing.is_sealed(folder / name)
    assert drawn(50, DIMENSION, seed=7)[1][0].tobytes() not in on_disk(folder)


def test_what_is_in_clear_from_before_an_encryption_is_not_opened_and_swept(folder: Path) -> None:
    wrap = Wrapped()
    wrap.is_begun = False
    generations = Generations(folder, KEY, wrap=wrap)
    publish(generations, 7)
    assert generations.load(CONTRACT)
    wrap.is_begun = True  # and killed, or on another machine, before the index was deleted
    with pytest.raises(GalleryError, match="in clear"):
        generations.load(CONTRACT)
    generations.sweep(0)
    assert names(folder) == []
    assert generations.load(CONTRACT) is None
