"""Settings first, then the calibration, then the model; and what cannot be promised is said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facevec.decision.point import Origin, Parameter
from facevec.decision.promise import caveats
from facevec.decision.resolve import EnrolmentOverrides, MatchOverrides, enrolment_rules, operating_point
from facevec.types import Cohort, Evidence, ModelScale, QualityGate, RateTable
from tests.registry.test_calibrations import MADE

GATE = QualityGate(40, 10, 30, 230, 12, 0.6)
SCALE = ModelScale(
    RateTable(((0.001, 0.5), (0.01, 0.6), (0.1, 0.7)), decline=0.02),
    margin=0.1,
    look_alike_margin=0.3,
    verify=0.9,
    same_person=1.1,
    other_person=0.7,
    cohort=Cohort(1.0),
)
PUBLISHED = replace(SCALE, match=RateTable(((0.01, 0.8),), evidence=Evidence.PUBLISHED), doubt=0.95)
ASSUMED = replace(SCALE, match=RateTable(((0.01, 0.8),), evidence=Evidence.ASSUMED))
NOTHING_SET = MatchOverrides(GATE)
CALIBRATION = replace(MADE, match_threshold=0.55, min_margin=0.03, target_fpir=0.01, workers=253)


def test_without_settings_and_calibration_the_model_decides():
    point = operating_point(NOTHING_SET, None, SCALE)
    assert point.target_fpir == Parameter(0.01, Origin.DEFAULT)
    assert point.match_threshold == Parameter(pytest.approx(0.6), Origin.MODEL)
    assert point.min_margin == Parameter(0.1, Origin.MODEL)
    assert point.verify_threshold == Parameter(0.9, Origin.MODEL)


@pytest.mark.parametrize(
    ("rate", "distance"), [(0.001, 0.5), (0.1, 0.7), (0.01 * 10**0.5, 0.65), (0.0001, 0.5), (0.5, 0.7)]
)
def test_a_rate_gives_the_distance(rate: float, distance: float):
    point = operating_point(replace(NOTHING_SET, target_fpir=rate), None, SCALE)
    assert point.target_fpir == Parameter(rate, Origin.SETTINGS)
    assert point.match_threshold == Parameter(pytest.approx(distance), Origin.MODEL)


def test_a_calibration_counts_before_the_model_and_only_for_what_it_measured():
    point = operating_point(NOTHING_SET, CALIBRATION, SCALE)
    assert point.target_fpir == Parameter(0.01, Origin.CALIBRATION)
    assert point.match_threshold == Parameter(0.55, Origin.CALIBRATION)
    assert point.min_margin == Parameter(0.03, Origin.CALIBRATION)
    assert point.verify_threshold == Parameter(0.9, Origin.MODEL)


def test_a_calibration_holds_as_it_is_in_the_gallery_it_was_made_in():
    point = operating_point(NOTHING_SET, replace(CALIBRATION, workers=40), SCALE)
    assert point.for_gallery(40).match_threshold.value == pytest.approx(0.55)
    assert point.for_gallery(400).match_threshold.value < 0.55


def test_another_rate_moves_a_calibration_by_the_table_of_the_model():
    point = operating_point(replace(NOTHING_SET, target_fpir=0.1), CALIBRATION, SCALE)
    assert point.match_threshold == Parameter(pytest.approx(0.65), Origin.CALIBRATION)
    assert "made for a rate of 0.01 and moved to 0.1 by what was measured" in " ".join(caveats(point))


def test_a_threshold_set_by_hand_counts_first_and_promises_nothing():
    point = operating_point(replace(NOTHING_SET, match_threshold=0.4, target_fpir=0.1), CALIBRATION, SCALE)
    assert point.match_threshold == Parameter(0.4, Origin.SETTINGS)
    assert point.target_fpir is None
    assert point.min_margin.origin is Origin.CALIBRATION
    (caveat,) = caveats(point)
    assert "set by hand" in caveat


@pytest.mark.parametrize(
    ("scale", "rate", "sentence"),
    [
        (SCALE, 0.01, "measured on other people than yours"),
        (SCALE, 0.0001, "only 0.001 to 0.1"),
        (SCALE, 0.3, "only 0.001 to 0.1"),
        (PUBLISHED, 0.01, "those that others published and were never measured here, so no rate"),
        (PUBLISHED, 0.01, "a face between the match threshold and 0.95 is told to be ambiguous"),
        (ASSUMED, 0.01, "are assumed and were never measured here, so no rate is promised; "),
    ],
)
def test_what_the_model_cannot_promise_is_said(scale: ModelScale, rate: float, sentence: str):
    point = operating_point(replace(NOTHING_SET, target_fpir=rate), None, scale)
    (caveat,) = caveats(point)
    assert sentence in caveat
    assert "facevec calibrate" in caveat


def test_a_calibration_on_many_people_in_a_gallery_like_todays_has_no_caveat():
    many = replace(CALIBRATION, non_mated_people=300)
    assert caveats(operating_point(NOTHING_SET, many, SCALE).for_gallery(300)) == ()
    few = replace(CALIBRATION, non_mated_people=299)
    (caveat,) = caveats(operating_point(NOTHING_SET, few, SCALE).for_gallery(300))
    assert "rests on 299 people" in caveat
    (caveat,) = caveats(operating_point(NOTHING_SET, many, SCALE).for_gallery(507))
    assert "grew from 253 workers to 507" in caveat


def test_enrolment_takes_what_is_set_and_else_the_models():
    rules = enrolment_rules(EnrolmentOverrides(GATE, other_person_threshold=0.5), SCALE)
    assert rules.same_person_threshold == Parameter(1.1, Origin.MODEL)
    assert rules.other_person_threshold == Parameter(0.5, Origin.SETTINGS)
    assert (rules.gate, rules.cohort) == (GATE, Cohort(1.0))
