"""The change of a registry's model in SQL: both contracts side by side, and which of them decides.

Templates carry their contract, and so do seals; nothing reads one contract's for the other's. Which one
decides stands in the state row, so that the switch is one row's change in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, update

from facevec.errors import ContractMismatch
from facevec.ports import Clock, utc_now
from facevec.registry import changes, marks, references, removals, rows, seals
from facevec.registry.encryption import vault, words
from facevec.registry.engine import reading, writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.recording import recording
from facevec.registry.removals import Removal
from facevec.registry.state import begin_epoch, read_change, read_state, required_change, take_turn
from facevec.registry.tables import STATE_ID, ModelChangeRow, PhotoRow, SealRow, StateRow, TemplateRow
from facevec.registry.templates import vectors_of
from facevec.types import Coverage, Model, ModelChange, WaitingPhoto

NO_PICTURE = b""
"""In place of a photo that cannot be decrypted: no enrolled photo is this file."""


class SqlModelChanges:
    """`ports.ModelChanges` beside the workers, in the same database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now, ledger: RemovalLedger | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._ledger = ledger

    def current(self) -> ModelChange | None:
        with reading(self._engine) as connection:
            return read_change(connection)

    def required(self) -> ModelChange:
        with reading(self._engine) as connection:
            return required_change(connection)

    def begin(self, model: Model) -> ModelChange:
        with writing(self._engine) as connection:
            take_turn(connection)
            change = read_change(connection)
            if change is not None:
                if change.after != model:
                    raise ContractMismatch(
                        f"A change from {change.before.name} to {change.after.name} is under way; end it "
                        "first: `facevec models migrate --finish`."
                    )
                return change
            state = read_state(connection)
            if state.model is None or state.contract is None:
                raise ContractMismatch(
                    f"Nobody is enrolled: set vision.embedding_model to {model.name}; no change is needed."
                )
            if state.contract == model.contract:
                raise ContractMismatch(
                    f"The registry works with {model.name} already; there is nothing to do."
                )
            row = {
                "id": STATE_ID,
                "before_model": state.model,
                "before_contract": state.contract,
                "after_model": model.name,
                "after_contract": model.contract,
                "begun_at": self._clock(),
                "switched_at": None,
            }
            connection.execute(insert(ModelChangeRow).values(row))
            return required_change(connection)

    def coverage(self) -> Coverage:
        with reading(self._engine) as connection:
            return _coverage(connection, required_change(connection))

    def waiting(
        self, contract: str, after_worker: int, limit: int
    ) -> tuple[int | None, Sequence[WaitingPhoto]]:
        with reading(self._engine) as connection:
            change = required_change(connection)
            waits = _waits(change, contract)
            chosen = select(TemplateRow.worker_id).where(*waits, TemplateRow.worker_id > after_worker)
            workers = chosen.distinct().order_by(TemplateRow.worker_id).limit(limit).subquery()
            photos = _PHOTO.where(*waits, TemplateRow.worker_id.in_(select(workers.c.worker_id)))
            waiting_photos = connection.execute(photos.order_by(TemplateRow.worker_id, PhotoRow.id)).all()
            last = waiting_photos[-1].worker_id if waiting_photos else None
            return last, _sound(connection, waiting_photos)

    def waiting_photo(self, sha256: str) -> tuple[str, WaitingPhoto] | None:
        with reading(self._engine) as connection:
            change = read_change(connection)
            for contract in () if change is None else (change.before.contract, change.after.contract):
                is_it = words.finds(connection, PhotoRow, "sha256", sha256)
                photo = _PHOTO.where(*_waits(change, contract), is_it)
                for waiting in _sound(connection, connection.execute(photo).all()):
                    return contract, waiting
        return None

    def pixels(self, photo_id: int) -> bytes | None:
        with reading(self._engine) as connection:
            columns = PhotoRow.pixels, PhotoRow.worker_id, PhotoRow.sha256
            photo: Any = select(*columns).where(PhotoRow.id == photo_id)
            rows = connection.execute(photo).all()
            if not rows or rows[0].pixels is None:
                return None
            return vault.opened(connection, PhotoRow, rows)[0] or NO_PICTURE

    def keep(self, worker_id: int, contract: str, templates: Mapping[int, npt.NDArray[np.float32]]) -> int:
        with writing(self._engine) as connection:
            take_turn(connection)
            change = required_change(connection)
            photo = select(TemplateRow.photo_id).where(
                *_waits(change, contract),
                TemplateRow.worker_id == worker_id,
                TemplateRow.photo_id.in_(list(templates)),
            )
            photo_ids = connection.scalars(photo.order_by(TemplateRow.photo_id)).all()
            for photo_id in photo_ids:
                rows.insert_template(
                    connection, worker_id, photo_id, contract, templates[photo_id], self._clock()
                )
            if photo_ids:
                seals.seal_beside(connection, worker_id, contract)
                changes.log_another(connection, worker_id, "photos_added", self._clock())
            return len(photo_ids)

    def switch(self, *, leave_behind: bool = False) -> ModelChange:
        with writing(self._engine) as connection:
            take_turn(connection)
            change = required_change(connection)
            if change.switched_at is not None:
                return change
            needed = _coverage(connection, change).needed
            if needed and not leave_behind:
                raise ContractMismatch(
                    f"{len(needed)} workers have no template of {change.after.name} yet and would be "
                    "recognised no more; `facevec models migrate --status` lists them. Give them photos, or "
                    "say --leave-behind."
                )
            return _decide(connection, change.after, self._clock())

    def back(self) -> ModelChange:
        with writing(self._engine) as connection:
            take_turn(connection)
            change = required_change(connection)
            return change if change.switched_at is None else _decide(connection, change.before, None)

    def finish(self) -> tuple[ModelChange, int]:
        with recording(self._ledger, self._engine) as record, writing(self._engine) as connection:
            take_turn(connection)
            change = required_change(connection)
            gone = change.other.contract
            connection.execute(delete(TemplateRow).where(TemplateRow.contract == gone))
            bare = ~select(TemplateRow.id).where(TemplateRow.photo_id == PhotoRow.id).exists()
            own = select(PhotoRow.id, PhotoRow.worker_id, PhotoRow.created_at)
            photos = connection.execute(own.where(bare).order_by(PhotoRow.worker_id)).all()
            seals_alone = connection.execute(_sealed_alone(gone)).all()
            connection.execute(delete(SealRow).where(SealRow.contract == gone))
            references.forget(connection, gone)
            connection.execute(delete(PhotoRow).where(bare))
            for worker_id in dict.fromkeys(photo.worker_id for photo in photos):
                changes.log_another(connection, worker_id, "photo_removed", self._clock())
            connection.execute(delete(ModelChangeRow))
            key, at = marks.key_of(connection), self._clock()
            forgotten = [Removal(removals.of_photo(key, one._mapping), "photo", at) for one in photos]
            unsealed = [Removal(removals.of_seal(key, one._mapping), "seal", at) for one in seals_alone]
            record.record(connection, [*forgotten, *unsealed])
            return change, len(photos)


_PHOTO: Select[Any] = select(
    *marks.columns(TemplateRow),
    PhotoRow.id,
    PhotoRow.sha256,
    PhotoRow.words,
    PhotoRow.pixels.is_not(None).label("kept"),
).join(PhotoRow, PhotoRow.id == TemplateRow.photo_id)


def _sealed_alone(contract: str) -> Select[int, datetime]:
    """The seals under this contract beside which there is none under another: they share one identity."""
    others = SealRow.__table__.alias("others")
    beside = select(others.c.worker_id).where(
        others.c.worker_id == SealRow.worker_id,
        others.c.sealed_at == SealRow.sealed_at,
        others.c.contract != contract,
    )
    return select(SealRow.worker_id, SealRow.sealed_at).where(SealRow.contract == contract, ~beside.exists())


def _waits(change: ModelChange | None, contract: str) -> tuple[Any, ...]:
    """Of a template: it is of the change's one contract, and its photo has none of the other, `contract`."""
    source = None if change is None else change.beside(contract)
    if source is None:
        raise ContractMismatch(f"Contract {contract} has no part in the change of the model.")
    others = TemplateRow.__table__.alias("others")
    has = select(others.c.id).where(others.c.photo_id == TemplateRow.photo_id, others.c.contract == contract)
    return TemplateRow.contract == source.contract, ~has.exists()


def _sound(connection: Connection, photos: Sequence[Any]) -> list[WaitingPhoto]:
    """Those whose template is as facevec wrote it: only it says which face of a photo is the worker's."""
    vectors = vectors_of(connection, TemplateRow, photos)
    opened = words.opened(connection, PhotoRow, photos)
    return [
        WaitingPhoto(row.id, row.worker_id, photo["sha256"], vector, bool(row.kept))
        for row, photo, vector in zip(photos, opened, vectors, strict=True)
        if vector is not None and marks.holds(connection, TemplateRow, row)
    ]


def _coverage(connection: Connection, change: ModelChange) -> Coverage:
    own = TemplateRow.contract == change.in_force.contract
    others = TemplateRow.__table__.alias("others")
    both = select(others.c.id).where(others.c.contract == change.other.contract)
    of_worker = both.where(others.c.worker_id == TemplateRow.worker_id).exists()
    of_photo = both.where(others.c.photo_id == TemplateRow.photo_id).exists()
    count = select(func.count(TemplateRow.worker_id.distinct()), func.count(TemplateRow.photo_id.distinct()))
    workers, of_photos = connection.execute(count.where(own)).one()
    photos = connection.scalar(select(func.count(TemplateRow.photo_id.distinct())).where(own, of_photo)) or 0
    needed = select(TemplateRow.worker_id).where(own, ~of_worker).distinct().order_by(TemplateRow.worker_id)
    return Coverage(workers, tuple(connection.scalars(needed)), photos, of_photos)


def _decide(connection: Connection, model: Model, switched_at: datetime | None) -> ModelChange:
    """From now on `model` decides: every view and index of before counts no longer."""
    state = update(StateRow).where(StateRow.id == STATE_ID)
    connection.execute(state.values(model=model.name, contract=model.contract))
    connection.execute(update(ModelChangeRow).values(switched_at=switched_at))
    begin_epoch(connection)
    return required_change(connection)
