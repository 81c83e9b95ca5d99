"""Calibrations in SQL: every one that was ever put in force, the newest of a contract counts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Engine, Row, bindparam, select

from facevec.errors import NotAuthentic
from facevec.registry import marks
from facevec.registry.engine import reading, writing
from facevec.registry.rows import insert_marked
from facevec.registry.tables import CalibrationRow
from facevec.types import Calibration, Estimate

_RATES = ("fpir", "fnir")
"""Fields that are an estimate, and three columns each."""

_PLAIN = tuple(field.name for field in fields(Calibration) if field.name not in _RATES)

_NEWEST = select(CalibrationRow.__table__).order_by(CalibrationRow.id.desc()).limit(1)
_NEWEST_OF = _NEWEST.where(CalibrationRow.contract == bindparam("of"))


class SqlCalibrations:
    """`ports.Calibrations` beside the workers, in the same database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, calibration: Calibration) -> None:
        with writing(self._engine) as connection:
            insert_marked(connection, CalibrationRow, _row(calibration))

    def latest(self, contract: str | None = None) -> Calibration | None:
        newest, which = (_NEWEST, {}) if contract is None else (_NEWEST_OF, {"of": contract})
        with reading(self._engine) as connection:
            row = connection.execute(newest, which).one_or_none()
            if row is not None and not marks.holds(connection, CalibrationRow, row):
                raise NotAuthentic(
                    f"Calibration {row.id}, which would decide, was not written under the integrity key here "
                    f"({marks.key_of(connection).origin}); calibrate anew, or look at it and run "
                    "`facevec integrity adopt`."
                )
        return None if row is None else _calibration(row)


def _row(calibration: Calibration) -> dict[str, Any]:
    values = {name: getattr(calibration, name) for name in _PLAIN}
    for rate in _RATES:
        estimate = getattr(calibration, rate)
        values |= {rate: estimate and estimate.value}
        values |= {f"{rate}_low": estimate and estimate.low, f"{rate}_high": estimate and estimate.high}
    return values


def _calibration(row: Row[Any]) -> Calibration:
    columns = row._mapping
    values: dict[str, Any] = {name: columns[name] for name in _PLAIN}
    for rate in _RATES:
        estimate = tuple(columns[name] for name in (rate, f"{rate}_low", f"{rate}_high"))
        values[rate] = None if estimate[0] is None else Estimate(*estimate)
    return Calibration(**values)
