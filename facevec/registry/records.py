"""All that is kept of workers, one worker at a time."""

from __future__ import annotations

from sqlalchemy import Engine, select

from facevec.registry import marks, queries
from facevec.registry.encryption import vault
from facevec.registry.engine import reading
from facevec.registry.tables import PhotoRow, TemplateRow
from facevec.registry.templates import vectors_of
from facevec.types import PhotoRecord, WorkerRecord


class SqlRecords:
    """`ports.Records` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, worker_id: int) -> WorkerRecord:
        own = select(*marks.columns(TemplateRow, PhotoRow.pixels, PhotoRow.sha256)).join(
            PhotoRow, PhotoRow.id == TemplateRow.photo_id
        )
        with reading(self._engine) as connection:
            worker = queries.read_worker(connection, worker_id, strict=True)
            photos = {photo.id: photo for photo in queries.read_photos(connection, worker_id)}
            chosen = own.where(TemplateRow.worker_id == worker_id).order_by(TemplateRow.id)
            rows = connection.execute(chosen).all()
            vectors = vectors_of(connection, TemplateRow, rows)
            pixels = vault.opened(connection, PhotoRow, rows)
            records = []
            for row, vector, picture in zip(rows, vectors, pixels, strict=True):
                if vector is None or not marks.holds(connection, TemplateRow, row):
                    marks.refused(TemplateRow, [f"worker {worker_id}, photo {row.photo_id}"])
                    continue
                records.append(PhotoRecord(photos[row.photo_id], vector, row.contract, picture))
        return WorkerRecord(worker, tuple(records))
