"""At which distances is decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Float, Integer, LargeBinary, String

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column


class CalibrationRow(Base):
    """A calibration that was put in force; the newest of a contract counts. As `types.Calibration`."""

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("source IN ('strangers', 'workers')", name="source"),
        CheckConstraint("match_threshold > 0 AND match_threshold <= 2", name="threshold"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    model: Mapped[str] = mapped_column(String)
    contract: Mapped[str] = mapped_column(String)
    match_threshold: Mapped[float] = mapped_column(Float)
    min_margin: Mapped[float] = mapped_column(Float)
    target_fpir: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String)
    workers: Mapped[int] = mapped_column(Integer)
    fpir: Mapped[float] = mapped_column(Float)
    fpir_low: Mapped[float] = mapped_column(Float)
    fpir_high: Mapped[float] = mapped_column(Float)
    non_mated_searches: Mapped[int] = mapped_column(Integer)
    non_mated_people: Mapped[int] = mapped_column(Integer)
    fnir: Mapped[float | None] = mapped_column(Float)
    fnir_low: Mapped[float | None] = mapped_column(Float)
    fnir_high: Mapped[float | None] = mapped_column(Float)
    mated_searches: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class OwnScaleRow(Base):
    """Distances of a model measured on those who are enrolled; the newest of a contract counts.

    measured: as `decision.scales.document` writes it.
    """

    __tablename__ = "own_scales"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    model: Mapped[str] = mapped_column(String)
    contract: Mapped[str] = mapped_column(String)
    measured: Mapped[dict[str, Any]] = mapped_column(JSON)
    measured_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
