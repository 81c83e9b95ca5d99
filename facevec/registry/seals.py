"""The sealed references in SQL: what each worker looked like when they were enrolled first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from facevec.decision.vectors import mean
from facevec.registry import marks
from facevec.registry.state import read_state
from facevec.registry.tables import SealRow
from facevec.registry.templates import VECTOR
from facevec.types import NewPhoto, Seal


def seal_worker(connection: Connection, worker_id: int, photos: Sequence[NewPhoto], at: datetime) -> None:
    """Seal what the worker looks like on `photos`, in place of what was sealed before."""
    if not photos:
        return
    connection.execute(delete(SealRow).where(SealRow.worker_id == worker_id))
    reference = mean(np.stack([photo.template for photo in photos]))[0]
    seal = {
        "worker_id": worker_id,
        "contract": photos[0].contract,
        "vector": np.ascontiguousarray(reference, VECTOR).tobytes(),
        "photos": len(photos),
    }
    made = marks.mark(connection, SealRow, seal)
    connection.execute(insert(SealRow).values({**seal, "sealed_at": at, "mark": made}))


def read_seal(connection: Connection, worker_id: int) -> Seal | None:
    """None when nothing is sealed under the registry's contract, or what is was put there by others."""
    contract = read_state(connection).contract
    sealed = select(*marks.columns(SealRow)).where(
        SealRow.worker_id == worker_id, SealRow.contract == contract
    )
    row = connection.execute(sealed).one_or_none()
    if row is None:
        return None
    if not marks.holds(connection, SealRow, row):
        marks.refused(SealRow, [worker_id])
        return None
    return Seal(np.frombuffer(row.vector, VECTOR).astype(np.float32).reshape(1, -1), row.photos)
