"""Calibrations in SQL: every one that was ever put in force, the newest of a contract counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Engine, Row, insert, select

from facevec.registry.engine import reading, writing
from facevec.registry.tables import CalibrationRow
from facevec.types import Calibration


class SqlCalibrations:
    """`ports.Calibrations` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, calibration: Calibration) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert(CalibrationRow).values(asdict(calibration)))

    def latest(self, contract: str | None = None) -> Calibration | None:
        newest = select(CalibrationRow.__table__).order_by(CalibrationRow.id.desc()).limit(1)
        if contract is not None:
            newest = newest.where(CalibrationRow.contract == contract)
        with reading(self._engine) as connection:
            row = connection.execute(newest).one_or_none()
        return None if row is None else _calibration(row)


def _calibration(row: Row[Any]) -> Calibration:
    return Calibration(**{name: found for name, found in row._mapping.items() if name != "id"})
