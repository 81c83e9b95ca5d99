"""A scale measured on drawn people keeps its rate on others."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import numpy as np
import pytest

from facevec.decision.cohort import normalized
from facevec.decision.point import settled
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.decision.scales.crowd import Crowd, Looks
from facevec.decision.scales.document import document, scale_of
from facevec.decision.scales.match import sizes
from facevec.decision.scales.scale import Measurement, measured
from facevec.decision.vectors import unit
from facevec.types import Estimate, Evidence, MeasuredScale, QualityGate, Vectors
from tests.toy import SCALE

DIMENSION, SHAPE, PHOTOS = 40, 30, 4
PEOPLE, STRANGERS = 120, 400
GATE = QualityGate(0, 0, 0, 255, 0, np.inf)


def people(count: int, photos: int, seed: int) -> Vectors:
    """(count, photos, DIMENSION): one direction a person, and noise."""
    rng = np.random.default_rng(seed)
    vectors = np.zeros((count, photos, DIMENSION), np.float32)
    vectors[..., :SHAPE] = rng.normal(size=(count, 1, SHAPE))
    return unit(vectors + 0.25 * rng.normal(size=vectors.shape).astype(np.float32))


def crowd(seed: int, strangers: int = STRANGERS) -> Crowd:
    several, single = people(PEOPLE, PHOTOS, seed), people(strangers, 1, seed + 1)
    vectors = np.vstack([several.reshape(-1, DIMENSION), single.reshape(-1, DIMENSION)])
    rows = np.arange(PEOPLE * PHOTOS).reshape(PEOPLE, PHOTOS)
    others = np.arange(PEOPLE * PHOTOS, len(vectors))[:, np.newaxis]
    return Crowd(Looks(vectors, vectors, vectors), tuple(rows), tuple(others))


@pytest.fixture(scope="module")
def measurement() -> Measurement:
    return measured(crowd(1), SCALE)


def fpir(measurement: Measurement, other: Crowd, size: int) -> float:
    point = operating_point(MatchOverrides(GATE), None, measurement.scale).for_gallery(size)
    near = other.search_strangers(other.drawn(size, 0))
    distances = settled(normalized(near.first, point.cohort), normalized(near.recheck, point.cohort))
    return float(np.mean(distances <= point.match_threshold.value))


@pytest.mark.parametrize("size", [20, 50, PEOPLE])
def test_the_rate_holds_on_people_who_had_no_part_in_it(measurement: Measurement, size: int) -> None:
    rates = [fpir(measurement, crowd(seed), size) for seed in range(10, 20)]
    assert np.mean(rates) <= 0.012
    assert np.mean(rates) > 0.0005  # nor is it kept by naming nobody


def test_everything_of_a_scale_is_measured_each_with_an_interval(measurement: Measurement) -> None:
    assert measurement.left == ()
    assert measurement.scale.match.evidence is Evidence.MEASURED
    assert measurement.scale.cohort is not None
    assert {"margin", "look_alike_margin", "verify", "same_person", "other_person", "match 0.01"} <= set(
        measurement.intervals
    )
    for name, estimate in measurement.intervals.items():
        assert estimate.low <= estimate.value <= estimate.high, name


def test_a_rate_that_so_few_strangers_cannot_tell_is_not_in_the_table() -> None:
    few = measured(crowd(1, strangers=100), SCALE)
    assert few.scale.match.pairs[0][0] == 0.03
    own = measured(crowd(1, strangers=100), SCALE, Evidence.OWN_WORKERS)
    assert own.scale.match.pairs[0][0] == 0.01


def test_what_too_few_photos_say_nothing_about_stays_as_it_was_known() -> None:
    vectors = people(PEOPLE, 1, 3).reshape(-1, DIMENSION)
    alone = Crowd(Looks(vectors, vectors, vectors), tuple(np.arange(PEOPLE)[:, np.newaxis]), ())
    measurement = measured(alone.everybody_searched(), SCALE, Evidence.OWN_WORKERS)
    assert set(measurement.left) == {"margin", "look_alike_margin", "same_person", "other_person"}
    assert measurement.scale.same_person == SCALE.same_person


def test_whoever_is_enrolled_is_searched_for_in_their_own_absence() -> None:
    everybody = crowd(1).everybody_searched()
    near = everybody.search_strangers(np.arange(PEOPLE))
    assert near.first[: PEOPLE * PHOTOS, 0].min() > 0.6  # their own photos are nearer than that
    assert crowd(1).search_workers(np.arange(PEOPLE)).first[:, 0].max() < 0.6


def test_galleries_of_two_sizes_are_drawn_however_few_people_there_are() -> None:
    assert sizes(50) == (20, 50)
    assert sizes(700) == (20, 50, 100, 253, 600)


def test_the_document_holds_all_of_it(measurement: Measurement) -> None:
    whole = MeasuredScale(
        "drawn",
        "drawn-1",
        measurement.scale,
        {name: Estimate(*values) for name, values in (("margin", (0.1, 0.05, 0.2)),)},
        ("verify",),
        PEOPLE,
        STRANGERS,
        900,
        everybody_searched=False,
        measured_at=datetime(2026, 1, 31, 9, 0, 5, 123456, tzinfo=timezone.utc),
    )
    assert scale_of(json.loads(json.dumps(document(whole)))) == whole
    with pytest.raises(ValueError, match="version 2"):
        scale_of({**document(whole), "version": 2})
