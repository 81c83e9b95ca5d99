"""What is kept of people, looked through for what must not be any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, exists, func, or_, select

from facevec.registry.engine import reading
from facevec.registry.tables import PhotoRow, SealRow, VisitRow, WorkerRow
from facevec.types import ConsentCounts


class SqlKept:
    """`ports.Kept` in the registry's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def after_consent(self, before: datetime) -> tuple[int, ...]:
        tables = PhotoRow, SealRow, VisitRow
        has_anything = or_(*(exists().where(table.worker_id == WorkerRow.id) for table in tables))
        ended = select(WorkerRow.id).where(WorkerRow.consent_expires_at <= before, has_anything)
        with reading(self._engine) as connection:
            return tuple(connection.scalars(ended.order_by(WorkerRow.id)))

    def photos_by_then(self, before: datetime) -> dict[int, int]:
        old = select(PhotoRow.worker_id, func.count().label("photos")).where(PhotoRow.created_at <= before)
        by_worker = old.group_by(PhotoRow.worker_id).order_by(PhotoRow.worker_id)
        with reading(self._engine) as connection:
            return {row.worker_id: row.photos for row in connection.execute(by_worker)}

    def consent_counts(self) -> ConsentCounts:
        agreed = WorkerRow.consent_given_at
        workers = select(func.count(), func.count(agreed)).select_from(WorkerRow)
        unagreed = (
            select(func.count())
            .select_from(PhotoRow)
            .join(WorkerRow, WorkerRow.id == PhotoRow.worker_id)
            .where(PhotoRow.pixels.is_not(None), agreed.is_not(None), WorkerRow.consent_photos.is_(False))
        )
        with reading(self._engine) as connection:
            enrolled, have_one = connection.execute(workers).one()
            return ConsentCounts(enrolled, enrolled - have_one, connection.scalar(unagreed) or 0)
