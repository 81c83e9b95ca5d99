"""Drawn people, whose photos lie around them as real ones do, and a registry that holds one of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Engine, insert, update

from facevec.decision.vectors import unit
from facevec.integrity import IntegrityKey
from facevec.registry import history, marks
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine, writing
from facevec.registry.repository import SqlRegistry
from facevec.registry.rows import agreement, external, naming
from facevec.registry.schema import prepare
from facevec.registry.state import read_state
from facevec.registry.tables import STATE_ID, ChangeRow, PhotoRow, StateRow, TemplateRow, WorkerRow
from facevec.types import Vectors

DIMENSION = 512
MODEL, CONTRACT = "drawn", "drawn-1"
APART = 0.8
"""Length of what is added to a person's vector for a photo: two photos are at about 0.86 from each other, as
real ones of hard cases are."""

BLOCK = 10_000
AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


def people(count: int, seed: int = 1) -> Iterator[Vectors]:
    """(up to BLOCK, DIMENSION) each: one vector a person."""
    for number, start in enumerate(range(0, count, BLOCK)):
        yield noise(min(BLOCK, count - start), seed, number)


def photos(of: Vectors, seed: int) -> Vectors:
    """Another photo of each."""
    return unit(of + APART * noise(len(of), seed, 0))


def noise(count: int, *seed: int) -> Vectors:
    """(count, DIMENSION) random unit vectors."""
    return unit(np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32))


def gathered(count: int, seed: int = 1) -> Vectors:
    """(count, DIMENSION): everybody."""
    vectors = np.empty((count, DIMENSION), np.float32)
    for number, block in enumerate(people(count, seed)):
        vectors[number * BLOCK : number * BLOCK + len(block)] = block
    return vectors


def registry_of(count: int, folder: Path, key: IntegrityKey) -> tuple[SqlRegistry, Engine]:
    """A SQLite registry of as many workers, with one photo each, as facevec would have written it."""
    engine = open_engine(sqlite_url(folder / "facevec.db"), key=key)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    first = 1
    for vectors in people(count):
        with writing(engine) as connection:
            _enrol(connection, first, vectors)
        first += len(vectors)
    return registry, engine


def _enrol(connection: Connection, first: int, vectors: Vectors) -> None:
    ids = range(first, first + len(vectors))
    workers, photos, templates, changes = [], [], [], []
    state = read_state(connection).position
    digest = state.digest
    quality = dict.fromkeys(("size", "sharpness", "brightness", "contrast", "yaw", "roll"), 100.0)
    for worker_id, vector in zip(ids, vectors, strict=True):
        worker = {
            "id": worker_id, "status": "active", "created_at": AT, "updated_at": AT,
            **naming(f"Drawn {worker_id}"), **external(f"E-{worker_id}"), **agreement(None),
        }  # fmt: skip
        workers.append({**worker, "mark": marks.mark(connection, WorkerRow, worker)})
        photos.append(
            {"id": worker_id, "worker_id": worker_id, "sha256": f"{worker_id:064x}", "source": "drawn.png",
             "quality": quality, "created_at": AT}
        )  # fmt: skip
        template = {
            "worker_id": worker_id,
            "photo_id": worker_id,
            "contract": CONTRACT,
            "vector": vector.tobytes(),
        }
        made = marks.mark(connection, TemplateRow, template)
        templates.append({**template, "created_at": AT, "mark": made})
        salt = f"{worker_id:032x}"
        digest = history._digest(digest, worker_id, worker_id, "worker_added", AT, salt)
        changes.append(
            {"revision": worker_id, "worker_id": worker_id, "kind": "worker_added", "at": AT, "salt": salt,
             "digest": digest}
        )  # fmt: skip
    for table, rows in (
        (WorkerRow, workers),
        (PhotoRow, photos),
        (TemplateRow, templates),
        (ChangeRow, changes),
    ):
        connection.execute(insert(table), rows)
    now = update(StateRow).where(StateRow.id == STATE_ID)
    connection.execute(now.values(revision=ids[-1], digest=digest))
