"""All that is kept of workers, one worker at a time."""

from __future__ import annotations

from sqlalchemy import Engine, select

from facevec.registry import marks, queries
from facevec.registry.engine import reading
from facevec.registry.tables import PhotoRow, TemplateRow
from facevec.registry.templates import vector_of
from facevec.types import PhotoRecord, WorkerRecord


class SqlRecords:
    """`ports.Records` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, worker_id: int) -> WorkerRecord:
        own = select(*marks.columns(TemplateRow, PhotoRow.pixels)).join(
            PhotoRow, PhotoRow.id == TemplateRow.photo_id
        )
        with reading(self._engine) as connection:
            worker = queries.read_worker(connection, worker_id)
            photos = {photo.id: photo for photo in queries.read_photos(connection, worker_id)}
            rows = connection.execute(own.where(TemplateRow.worker_id == worker_id).order_by(TemplateRow.id))
            records = []
            for row in rows:
                if not marks.holds(connection, TemplateRow, row):
                    marks.refused(TemplateRow, [f"worker {worker_id}, photo {row.photo_id}"])
                    continue
                records.append(PhotoRecord(photos[row.photo_id], vector_of(row), row.contract, row.pixels))
        return WorkerRecord(worker, tuple(records))
