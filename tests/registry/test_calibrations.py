"""Calibrations are kept whole, and the newest of a contract counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from sqlalchemy import Engine

from facevec.registry.calibrations import SqlCalibrations
from facevec.types import Calibration, Estimate

MADE = Calibration(
    model="drawn",
    contract="drawn-1",
    match_threshold=0.612345678901,
    min_margin=0.02,
    target_fpir=0.01,
    source="strangers",
    workers=120,
    fpir=Estimate(0.009, 0.003, 0.02),
    non_mated_searches=500,
    non_mated_people=450,
    fnir=Estimate(0.05, 0.03, 0.08),
    mated_searches=360,
    created_at=datetime(2026, 1, 31, 9, 0, 5, 123456, tzinfo=timezone.utc),
)


def test_what_is_added_comes_back(engine: Engine) -> None:
    calibrations = SqlCalibrations(engine)
    assert calibrations.latest() is None
    calibrations.add(MADE)
    assert calibrations.latest("drawn-1") == MADE
    unmeasured = replace(MADE, fnir=None, source="workers")
    calibrations.add(unmeasured)
    assert calibrations.latest("drawn-1") == unmeasured


def test_each_contract_has_its_own(engine: Engine) -> None:
    calibrations = SqlCalibrations(engine)
    calibrations.add(MADE)
    calibrations.add(replace(MADE, contract="drawn-2", match_threshold=0.5))
    assert calibrations.latest("drawn-1") == MADE
    assert calibrations.latest("drawn-3") is None
    newest = calibrations.latest()
    assert newest is not None
    assert newest.contract == "drawn-2"
