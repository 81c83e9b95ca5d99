"""Encrypted registries, and what can be had of them on the disk and by the keys that are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from facevec.registry.encryption.datakeys import data_keys
from facevec.registry.encryption.keyring import keyring_of
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.wrapping import version_of
from facevec.registry.engine import reading
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.registry.conftest import CONTRACT, MODEL
from tests.registry.photos import photo

PICTURE = b"\xff\xd8 a picture, which is kept"

Opened = Callable[..., Engine]
"""What the fixture `opened_with` gives."""


def begun(engine: Engine, *, encrypted: bool = True) -> SqlRegistry:
    """A registry with three workers, one of whom has two photos, of which one is kept."""
    prepare(engine)
    registry = SqlRegistry(engine, encrypted=encrypted)
    registry.claim_model(MODEL, CONTRACT)
    for number in range(3):
        registry.add_worker(f"Worker {number}", None, None, [photo(number)])
    registry.add_photos(1, [photo(10, pixels=PICTURE)])
    return registry


def vectors(registry: SqlRegistry) -> list[np.ndarray]:
    return list(registry.templates(CONTRACT)[1].vectors)


def on_disk(engine: Engine) -> bytes:
    """Every byte of a SQLite database and of what lies beside it."""
    folder = Path(engine.url.database or "").parent
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def keys_file(folder: Path) -> Path:
    """Where the keys of the only SQLite database in it lie."""
    return next(path for path in folder.iterdir() if "-keys-" in path.name and path.suffix != ".lock")


def all_keys(engine: Engine) -> dict[int, bytes]:
    """Every key of data that can still be had, unwrapped."""
    with reading(engine) as connection:
        kept = dict(data_keys(connection, key_set_of(connection) or "").all())
        ring = keyring_of(connection)
        keys = {}
        for slot, wrapped in kept.items():
            registry_key = ring.key(connection, version_of(wrapped))
            assert registry_key is not None
            keys[slot] = registry_key.unwrap(wrapped) or b""
        return keys
