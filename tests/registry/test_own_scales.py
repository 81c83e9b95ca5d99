"""Scales of the workers are kept whole, marked, and the newest of a contract counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from sqlalchemy import Engine, update

from facevec.errors import NotAuthentic
from facevec.registry.engine import writing
from facevec.registry.own_scales import SqlOwnScales
from facevec.registry.tables import OwnScaleRow
from facevec.types import Cohort, Estimate, Evidence, MeasuredScale, RateTable
from tests.toy import SCALE

MEASURED = MeasuredScale(
    model="drawn",
    contract="drawn-1",
    scale=replace(
        SCALE, match=RateTable(((0.01, 0.6),), 0.03, Evidence.OWN_WORKERS), cohort=Cohort(0.81, 0.05)
    ),
    intervals={"match 0.01": Estimate(0.6, 0.55, 0.65)},
    left=("margin",),
    people=120,
    strangers=120,
    photos=360,
    everybody_searched=True,
    measured_at=datetime(2026, 1, 31, 9, 0, 5, 123456, tzinfo=timezone.utc),
)


def test_what_is_added_comes_back_and_the_newest_counts(engine: Engine) -> None:
    scales = SqlOwnScales(engine)
    assert scales.latest("drawn-1") is None
    scales.add(MEASURED)
    assert scales.latest("drawn-1") == MEASURED
    newer = replace(MEASURED, people=150)
    scales.add(newer)
    assert scales.latest("drawn-1") == newer
    assert scales.latest("drawn-2") is None


def test_one_that_somebody_else_wrote_decides_nothing(engine: Engine) -> None:
    scales = SqlOwnScales(engine)
    scales.add(MEASURED)
    with writing(engine) as connection:
        connection.execute(update(OwnScaleRow).values(contract="drawn-2"))
    with pytest.raises(NotAuthentic, match="own_scales"):
        scales.latest("drawn-2")
