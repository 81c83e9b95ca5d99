"""The registry in SQL. Each method is one transaction; each change of a worker is one revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

import numpy as np
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from facevec.errors import (
    ContractMismatch,
    PhotoAlreadyEnrolled,
    WorkerAmbiguous,
    WorkerError,
    WorkerExists,
    WorkerNotFound,
)
from facevec.registry import queries
from facevec.registry.engine import reading, writing
from facevec.registry.names import (
    clean_external_id,
    clean_name,
    clean_source,
    clean_text_version,
    comparable,
)
from facevec.registry.tables import STATE_ID, Base, ChangeRow, PhotoRow, StateRow, TemplateRow, WorkerRow
from facevec.types import Consent, NewPhoto, Photo, RegistryState, Templates, Worker

Kind = Literal["worker_added", "photos_added", "photo_removed", "worker_updated", "worker_removed"]


class SqlRegistry:
    """`ports.Registry` on SQLite or PostgreSQL; safe to share between threads.

    Every method may also raise RegistryError, and RegistryBusy when another process holds the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self) -> RegistryState:
        with reading(self._engine) as connection:
            return queries.read_state(connection)

    def claim_model(self, model: str, contract: str) -> RegistryState:
        unclaimed = (StateRow.id == STATE_ID) & StateRow.contract.is_(None)
        with writing(self._engine) as connection:
            connection.execute(update(StateRow).where(unclaimed).values(model=model, contract=contract))
            state = queries.read_state(connection)
            if state.contract != contract:
                raise ContractMismatch(
                    f"This registry was begun with model {state.model} (contract {state.contract}), and "
                    f"nothing of {model} (contract {contract}) can be compared with it; use {state.model}, "
                    "or another database."
                )
            return state

    def require_addable(self, name: str, external_id: str | None, consent: Consent | None) -> None:
        row = _new_worker(name, external_id, consent)
        with reading(self._engine) as connection:
            _refuse_taken(connection, row)

    def add_worker(
        self, name: str, external_id: str | None, consent: Consent | None, photos: Sequence[NewPhoto]
    ) -> Worker:
        row = _new_worker(name, external_id, consent)
        with self._change() as (connection, revision):
            _refuse_taken(connection, row)
            worker_id = _insert(connection, WorkerRow, row)
            _insert_photos(connection, worker_id, photos)
            _log(connection, revision, worker_id, "worker_added")
            return queries.read_worker(connection, worker_id)

    def add_photos(self, worker_id: int, photos: Sequence[NewPhoto]) -> Worker:
        with self._change() as (connection, revision):
            queries.read_worker(connection, worker_id)
            _insert_photos(connection, worker_id, photos)
            return _touch(connection, revision, worker_id, "photos_added")

    def remove_photo(self, worker_id: int, photo_id: int) -> Worker:
        with self._change() as (connection, revision):
            queries.read_worker(connection, worker_id)
            chosen = (PhotoRow.id == photo_id) & (PhotoRow.worker_id == worker_id)
            known = 0 < photo_id <= queries.MAX_KEY
            if not known or connection.execute(delete(PhotoRow).where(chosen)).rowcount == 0:
                raise WorkerNotFound(
                    f"Worker {worker_id} has no photo {photo_id}; "
                    f"`facevec worker show {worker_id}` lists their photos."
                )
            return _touch(connection, revision, worker_id, "photo_removed")

    def update_worker(self, worker_id: int, *, name: str) -> Worker:
        naming = _naming(name)
        with self._change() as (connection, revision):
            worker = queries.read_worker(connection, worker_id)
            _refuse_same_name(connection, {**naming, "id": worker_id, "external_id": worker.external_id})
            connection.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(naming))
            return _touch(connection, revision, worker_id, "worker_updated")

    def set_consent(self, worker_id: int, consent: Consent) -> Worker:
        agreement = _agreement(consent)
        with self._change() as (connection, revision):
            queries.read_worker(connection, worker_id)
            connection.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(agreement))
            return _touch(connection, revision, worker_id, "worker_updated")

    def remove_worker(self, worker_id: int) -> Worker:
        with self._change() as (connection, revision):
            worker = queries.read_worker(connection, worker_id)
            connection.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))
            _log(connection, revision, worker_id, "worker_removed")
            return worker

    def worker(self, worker_id: int) -> Worker:
        with reading(self._engine) as connection:
            return queries.read_worker(connection, worker_id)

    def find_worker(self, key: str) -> Worker:
        with reading(self._engine) as connection:
            ids = queries.ids_for(connection, key)
            if len(ids) > 1:
                several = ", ".join(f"id:{worker_id}" for worker_id in ids)
                raise WorkerAmbiguous(f"{key!r} may be any of several workers: say which by {several}.")
            if not ids:
                raise WorkerNotFound(
                    f"No worker has the id, external id or name {key!r}; "
                    "`facevec worker list` shows who is enrolled."
                )
            return queries.read_worker(connection, ids[0])

    def worker_of(self, external_id: str, name: str) -> Worker | None:
        naming, external = _naming(name), _external(external_id)
        chosen = select(WorkerRow.id, WorkerRow.name_key).where(
            WorkerRow.external_key == external["external_key"]
        )
        with reading(self._engine) as connection:
            row = connection.execute(chosen).one_or_none()
            if row is None:
                return None
            if row.name_key != naming["name_key"]:
                raise WorkerExists(
                    f"The external id {external['external_id']!r} belongs to worker {row.id}, "
                    "who is called otherwise; rename that worker, or use another external id."
                )
            return queries.read_worker(connection, row.id)

    def workers(self, ids: Sequence[int]) -> Mapping[int, Worker]:
        with reading(self._engine) as connection:
            return queries.read_active(connection, ids)

    def list_workers(self, after_id: int = 0, limit: int | None = None) -> tuple[Worker, ...]:
        after = max(0, min(after_id, queries.MAX_KEY))
        with reading(self._engine) as connection:
            return queries.read_workers(connection, WorkerRow.id > after, limit)

    def photos(self, worker_id: int) -> tuple[Photo, ...]:
        with reading(self._engine) as connection:
            queries.read_worker(connection, worker_id)
            return queries.read_photos(connection, worker_id)

    def photo_owner(self, sha256: str) -> int | None:
        with reading(self._engine) as connection:
            return connection.scalar(select(PhotoRow.worker_id).where(PhotoRow.sha256 == sha256))

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        with reading(self._engine) as connection:
            revision = queries.read_state(connection).revision
            return revision, queries.read_templates(connection, contract, worker_ids)

    def withheld(self) -> tuple[tuple[int, ...], datetime | None]:
        with reading(self._engine) as connection:
            # The next end first: whoever's consent ends in between is among the ids.
            next_end = queries.read_next_end(connection)
            return queries.read_withheld(connection), next_end

    def withheld_templates(self, contract: str) -> Templates:
        with reading(self._engine) as connection:
            return queries.read_withheld_templates(connection, contract)

    def changed_since(self, revision: int) -> tuple[int, tuple[int, ...]]:
        """As in the port. A `revision` ahead of the registry's yields its smaller one and no ids."""
        touched = select(ChangeRow.worker_id).where(ChangeRow.revision > revision).distinct()
        with reading(self._engine) as connection:
            now = queries.read_state(connection).revision
            if now <= revision:
                return now, ()
            return now, tuple(connection.scalars(touched.order_by(ChangeRow.worker_id)))

    def newest_removal(self) -> int:
        removals = ChangeRow.kind.in_(("worker_removed", "photo_removed"))
        with reading(self._engine) as connection:
            return connection.scalar(select(func.max(ChangeRow.revision)).where(removals)) or 0

    @contextmanager
    def _change(self) -> Iterator[tuple[Connection, int]]:
        """A writing transaction and its revision; other changes wait until it ends."""
        with writing(self._engine) as connection:
            connection.execute(
                update(StateRow).where(StateRow.id == STATE_ID).values(revision=StateRow.revision + 1)
            )
            yield connection, queries.read_state(connection).revision


def _log(connection: Connection, revision: int, worker_id: int, kind: Kind) -> None:
    connection.execute(
        insert(ChangeRow).values(revision=revision, worker_id=worker_id, kind=kind, at=queries.now())
    )


def _touch(connection: Connection, revision: int, worker_id: int, kind: Kind) -> Worker:
    connection.execute(update(WorkerRow).where(WorkerRow.id == worker_id).values(updated_at=queries.now()))
    _log(connection, revision, worker_id, kind)
    return queries.read_worker(connection, worker_id)


def _new_worker(name: str, external_id: str | None, consent: Consent | None) -> dict[str, Any]:
    at = queries.now()
    dates = {"created_at": at, "updated_at": at}
    return {**_naming(name), **_external(external_id), **_agreement(consent), "status": "active", **dates}


def _naming(name: str) -> dict[str, Any]:
    cleaned = clean_name(name)
    return {"name": cleaned, "name_key": comparable(cleaned)}


def _external(external_id: str | None) -> dict[str, Any]:
    if external_id is None:
        return {"external_id": None, "external_key": None}
    cleaned = clean_external_id(external_id)
    return {"external_id": cleaned, "external_key": comparable(cleaned)}


def _agreement(consent: Consent | None) -> dict[str, Any]:
    if consent is None:
        return {}
    expires_at = consent.expires_at
    if consent.given_at.tzinfo is None or (expires_at is not None and expires_at.tzinfo is None):
        raise WorkerError("The times of a consent need a time zone, such as 2026-01-31T09:00:00Z.")
    if expires_at is not None and expires_at <= consent.given_at:
        raise WorkerError("A consent must expire after it was given.")
    return {
        "consent_text_version": clean_text_version(consent.text_version),
        "consent_given_at": consent.given_at,
        "consent_expires_at": expires_at,
        "consent_emotion": consent.emotion,
    }


def _refuse_taken(connection: Connection, row: Mapping[str, Any]) -> None:
    _refuse_same_external_id(connection, row["external_key"], row["external_id"])
    _refuse_same_name(connection, row)


def _refuse_same_external_id(connection: Connection, key: str | None, shown: str | None) -> None:
    if key is None:
        return
    other = connection.scalar(select(WorkerRow.id).where(WorkerRow.external_key == key))
    if other is not None:
        raise WorkerExists(f"The external id {shown!r} belongs to worker {other} already.")


def _refuse_same_name(connection: Connection, row: Mapping[str, Any]) -> None:
    """Two workers share a name only when both have an external id to tell them apart."""
    same = select(WorkerRow.id).where(WorkerRow.name_key == row["name_key"], WorkerRow.id != row.get("id", 0))
    if row["external_id"] is not None:
        same = same.where(WorkerRow.external_id.is_(None))
    other = connection.scalar(same.limit(1))
    if other is not None:
        raise WorkerExists(
            f"Worker {other} is called {row['name']!r} already; "
            "give both an external id if they are different people."
        )


def _insert_photos(connection: Connection, worker_id: int, photos: Sequence[NewPhoto]) -> None:
    if not photos:
        return
    _refuse_other_contracts(connection, photos)
    _refuse_enrolled_photos(connection, photos)
    at = queries.now()
    for photo in photos:
        photo_row = {
            "worker_id": worker_id,
            "sha256": photo.sha256,
            "source": clean_source(photo.source),
            "quality": {name: float(value) for name, value in asdict(photo.quality).items()},
            "pixels": photo.pixels,
            "created_at": at,
        }
        photo_id = _insert(connection, PhotoRow, photo_row)
        vector = np.ascontiguousarray(photo.template, queries.VECTOR).tobytes()
        template = {
            "worker_id": worker_id,
            "photo_id": photo_id,
            "contract": photo.contract,
            "vector": vector,
            "created_at": at,
        }
        _insert(connection, TemplateRow, template)


def _insert(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> int:
    """The new row's id."""
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    return int(key[0])  # type: ignore[index]  # it is None only after many rows at once


def _refuse_other_contracts(connection: Connection, photos: Sequence[NewPhoto]) -> None:
    state = queries.read_state(connection)
    for photo in photos:
        if photo.contract != state.contract:
            raise ContractMismatch(
                f"A template of contract {photo.contract} cannot join a registry of contract "
                f"{state.contract}; enrol with the registry's own model, {state.model}."
            )


def _refuse_enrolled_photos(connection: Connection, photos: Sequence[NewPhoto]) -> None:
    seen: set[str] = set()
    for photo in photos:
        owner = connection.scalar(select(PhotoRow.worker_id).where(PhotoRow.sha256 == photo.sha256))
        if owner is not None:
            raise PhotoAlreadyEnrolled(f"{photo.source} is enrolled already, as a photo of worker {owner}.")
        if photo.sha256 in seen:
            raise PhotoAlreadyEnrolled(f"{photo.source} is given twice; the same file counts once.")
        seen.add(photo.sha256)
