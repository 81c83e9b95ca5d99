"""Scales in SQL that were measured on those who are enrolled; the newest of a contract counts."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select

from facevec.decision.scales.document import document, scale_of
from facevec.errors import NotAuthentic
from facevec.registry import marks
from facevec.registry.engine import reading, writing
from facevec.registry.rows import insert_marked
from facevec.registry.tables import OwnScaleRow
from facevec.types import MeasuredScale


class SqlOwnScales:
    """`ports.OwnScales` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, measured: MeasuredScale) -> None:
        row = {
            "model": measured.model,
            "contract": measured.contract,
            "measured": document(measured),
            "measured_at": measured.measured_at,
        }
        with writing(self._engine) as connection:
            own = insert_marked(connection, OwnScaleRow, row)
            connection.execute(
                delete(OwnScaleRow).where(OwnScaleRow.contract == measured.contract, OwnScaleRow.id != own)
            )

    def latest(self, contract: str) -> MeasuredScale | None:
        newest = (
            select(OwnScaleRow.__table__)
            .where(OwnScaleRow.contract == contract)
            .order_by(OwnScaleRow.id.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(newest).one_or_none()
            if row is None:
                return None
            if not marks.holds(connection, OwnScaleRow, row):
                raise NotAuthentic(
                    f"The distances measured on the workers (own_scales {row.id}) were not written under the "
                    f"integrity key here ({marks.key_of(connection).origin}); look at them and run "
                    "`facevec integrity adopt`, or calibrate."
                )
        return scale_of(row.measured)
