"""The sealed references in SQL: what each worker looked like when they were enrolled first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select

from facevec.decision.vectors import mean
from facevec.registry import marks
from facevec.registry.encryption import vault
from facevec.registry.state import read_state
from facevec.registry.tables import PhotoRow, SealRow, TemplateRow
from facevec.registry.templates import stored, vectors_of
from facevec.types import NewPhoto, Seal, Vectors
from facevec.types.lazy_numpy import np


def seal_worker(connection: Connection, worker_id: int, photos: Sequence[NewPhoto], at: datetime) -> None:
    """Seal what the worker looks like on `photos`, in place of what was sealed before.

    Under each contract that all of them have templates of; what was sealed under others says nothing of them.
    """
    if not photos:
        return
    connection.execute(delete(SealRow).where(SealRow.worker_id == worker_id))
    first, count = photos[0], len(photos)
    _insert(connection, worker_id, first.contract, np.stack([photo.template for photo in photos]), count, at)
    for contract in first.beside:
        beside = [photo.beside[contract] for photo in photos if contract in photo.beside]
        if len(beside) == count:
            _insert(connection, worker_id, contract, np.stack(beside), count, at)


def seal_beside(connection: Connection, worker_id: int, contract: str) -> None:
    """Seal under `contract`, too, what the worker is sealed as: by the templates of the same photos.

    Where none of these is there any more, by those that are: they kept to what is sealed. Nothing where
    nothing is sealed that facevec wrote.
    """
    sealed = select(*marks.columns(SealRow, SealRow.sealed_at)).where(
        SealRow.worker_id == worker_id, SealRow.contract != contract
    )
    seal = connection.execute(sealed).first()
    if seal is None or not marks.holds(connection, SealRow, seal):
        return
    own: Select[Any] = (
        select(*marks.columns(TemplateRow), PhotoRow.created_at.label("enrolled_at"))
        .join(PhotoRow, PhotoRow.id == TemplateRow.photo_id)
        .where(TemplateRow.worker_id == worker_id, TemplateRow.contract == contract)
        .order_by(TemplateRow.photo_id)
    )
    templates = [row for row in connection.execute(own) if marks.holds(connection, TemplateRow, row)]
    chosen = [row for row in templates if row.enrolled_at <= seal.sealed_at][-seal.photos :] or templates
    opened = [vector for vector in vectors_of(connection, TemplateRow, chosen) if vector is not None]
    if opened:
        of_contract = (SealRow.worker_id == worker_id) & (SealRow.contract == contract)
        connection.execute(delete(SealRow).where(of_contract))
        _insert(connection, worker_id, contract, np.stack(opened), len(opened), seal.sealed_at)


def seal_where_missing(connection: Connection, worker_id: int, photos: Sequence[NewPhoto]) -> None:
    """As `seal_beside`, under contracts of which the worker has their first templates by `photos`."""
    known = select(SealRow.contract).where(SealRow.worker_id == worker_id)
    for contract in {name for photo in photos for name in photo.beside} - {*connection.scalars(known)}:
        seal_beside(connection, worker_id, contract)


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
    vector = vectors_of(connection, SealRow, [row])[0]
    return None if vector is None else Seal(vector.reshape(1, -1), row.photos)


def _insert(
    connection: Connection, worker_id: int, contract: str, vectors: Vectors, photos: int, at: datetime
) -> None:
    """What the worker looks like by all of (n, dimension) vectors."""
    vector = stored(mean(vectors)[0])
    seal = {"worker_id": worker_id, "contract": contract, "vector": vector, "photos": photos, "sealed_at": at}
    sealed = vault.sealed(connection, SealRow, seal)
    connection.execute(insert(SealRow).values(marks.marked(connection, SealRow, sealed)))
