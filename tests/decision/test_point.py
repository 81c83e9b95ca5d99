"""The operating point decides."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevec.decision.point import Origin, Parameter, settled
from facevec.decision.quality import quality_faults, require
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.errors import LowQuality
from facevec.types import Candidate, Cohort, QualityGate, RateTable, Status
from tests.toy import GOOD
from tests.toy import SCALE as TOY_SCALE

GATE = QualityGate(40, 10, 30, 230, 12, 0.6)
SCALE = replace(TOY_SCALE, match=RateTable(((0.01, 0.9),)), margin=0.1, look_alike_margin=0.3, verify=0.9)
POINT = operating_point(MatchOverrides(GATE), None, SCALE)


def candidates(*distances: float) -> list[Candidate]:
    return [Candidate(worker_id, distance) for worker_id, distance in enumerate(distances, start=1)]


@pytest.mark.parametrize(
    ("distances", "status", "worker_id"),
    [
        ((), Status.UNKNOWN, None),
        ((0.5,), Status.IDENTIFIED, 1),
        ((0.9,), Status.IDENTIFIED, 1),
        ((0.91,), Status.UNKNOWN, None),
        ((0.5, 0.55), Status.AMBIGUOUS, None),
        ((0.5, 0.7), Status.IDENTIFIED, 1),
        ((0.95, 0.96), Status.UNKNOWN, None),
        ((float("nan"), 1.2), Status.UNKNOWN, None),
    ],
)
def test_decision(distances, status, worker_id):
    decision = POINT.decide(candidates(*distances), GOOD)
    assert (decision.status, decision.worker_id) == (status, worker_id)


DOUBTFUL = operating_point(MatchOverrides(GATE), None, replace(SCALE, doubt=1.1))


@pytest.mark.parametrize(
    ("distance", "status"),
    [
        (0.9, Status.IDENTIFIED),
        (0.91, Status.AMBIGUOUS),
        (1.1, Status.AMBIGUOUS),
        (1.11, Status.UNKNOWN),
    ],
)
def test_where_nobody_measured_the_distances_a_face_beyond_the_threshold_is_in_doubt(distance, status):
    decision = DOUBTFUL.decide(candidates(distance, 1.5), GOOD)
    assert (decision.status, decision.worker_id) == (status, 1 if status is Status.IDENTIFIED else None)


@pytest.mark.parametrize("origin", [Origin.SETTINGS, Origin.CALIBRATION])
def test_a_threshold_that_was_set_or_calibrated_leaves_no_doubt(origin):
    sure = replace(DOUBTFUL, match_threshold=Parameter(0.9, origin))
    assert sure.decide(candidates(0.91), GOOD).status is Status.UNKNOWN
    assert sure.doubt == 0.9


def test_doubt_is_never_nearer_than_the_threshold():
    assert replace(DOUBTFUL, match_threshold=Parameter(1.2, Origin.MODEL)).doubt == 1.2


def test_a_decision_keeps_its_measures():
    decision = POINT.decide(candidates(0.5, 0.75), GOOD)
    assert decision.distance == 0.5
    assert decision.margin == 0.25


@pytest.mark.parametrize(
    ("change", "fault", "why"),
    [
        ({"size": 39}, "too_small", "too small (size 39, probe.min_size is 40)"),
        ({"sharpness": 9}, "blurred", "blurred (sharpness 9, probe.min_sharpness is 10)"),
        ({"brightness": 29}, "too_dark", "too dark (brightness 29, probe.min_brightness is 30)"),
        ({"brightness": 230.5}, "too_bright", "too bright (brightness 230.5, probe.max_brightness is 230)"),
        ({"contrast": 11}, "flat_contrast", "without contrast (contrast 11, probe.min_contrast is 12)"),
        ({"yaw": 0.61}, "turned_away", "turned away (yaw 0.61, probe.max_yaw is 0.6)"),
    ],
)
def test_each_fault_has_its_name_and_says_the_setting_that_decides(change, fault, why):
    poor = replace(GOOD, **change)
    assert quality_faults(poor, GATE) == (fault,)
    with pytest.raises(LowQuality, match=re.escape(f"The face is {why}; use a better photo.")):
        require(poor, GATE, "probe")
    assert POINT.decide(candidates(0.1), poor).status is Status.LOW_QUALITY


def test_a_face_on_the_limit_is_good_enough_and_several_faults_are_all_said():
    edge = replace(GOOD, size=40, sharpness=10, brightness=30, contrast=12, yaw=0.6)
    assert quality_faults(edge, GATE) == ()
    assert quality_faults(replace(edge, brightness=230), GATE) == ()
    with pytest.raises(LowQuality, match=r"too small \(.*\), turned away \(.*enrolment.max_yaw is 0.6\);"):
        require(replace(GOOD, size=1, yaw=2), GATE, "enrolment")


def test_a_good_face_has_no_fault():
    assert quality_faults(GOOD, GATE) == ()
    require(GOOD, GATE, "probe")


NORMALIZING = replace(POINT, scale=replace(SCALE, cohort=Cohort(1.2)))


def test_a_face_that_is_near_to_everybody_is_further_from_each():
    crowded, apart = candidates(0.8, *[0.9] * 7), candidates(0.8, *[1.3] * 7)
    near_all = NORMALIZING.decide(crowded, GOOD)
    assert (near_all.status, near_all.distance) == (Status.UNKNOWN, pytest.approx(0.8 + (1.2 - 0.9) / 2))
    near_one = NORMALIZING.decide(apart, GOOD)
    assert (near_one.status, near_one.distance) == (Status.IDENTIFIED, pytest.approx(0.8 - (1.3 - 1.2) / 2))
    assert near_one.margin == pytest.approx(0.5)
    assert POINT.decide(crowded, GOOD).distance == 0.8


def test_too_few_workers_tell_nothing_about_the_crowd():
    assert NORMALIZING.decide(candidates(0.8, *[1.3] * 6), GOOD).distance == 0.8


def test_a_normalized_distance_is_never_negative():
    assert NORMALIZING.decide(candidates(0.01, *[1.4] * 7), GOOD).distance == 0.0


@pytest.mark.parametrize(("distance", "again"), [(0.87, True), (0.93, True), (0.85, False), (0.95, False)])
def test_only_a_face_near_the_threshold_is_rechecked(distance, again):
    assert POINT.is_borderline(candidates(distance), GOOD) is again


def test_a_poor_face_and_an_empty_gallery_call_for_no_recheck():
    assert not POINT.is_borderline(candidates(0.9), replace(GOOD, sharpness=0))
    assert not POINT.is_borderline([], GOOD)


@given(*[st.integers(0, 90)] * 3)
def test_what_settles_decides_as_a_search_does_at_any_threshold(first, second, threshold):
    first, second, threshold = first / 64, second / 64, threshold / 64
    cut = replace(POINT, match_threshold=Parameter(threshold, Origin.MODEL))
    decides = second if cut.is_borderline(candidates(first), GOOD) else first
    (distance,) = settled(np.array([first]), np.array([second]))
    assert (distance <= threshold) == (decides <= threshold)


@pytest.mark.parametrize("workers", [8, 253, 5000])
def test_the_cut_off_of_a_probe_does_not_change_with_the_gallery_alone(workers):
    falling = replace(SCALE, match=RateTable(((0.01, 0.9),), decline=0.03), cohort=Cohort(1.2, decline=0.06))
    grown = replace(POINT, scale=falling).for_gallery(workers)
    near = candidates(0.7, *[1.0] * 7)
    over = grown.distance(near) - grown.match_threshold.value
    assert over == pytest.approx(NORMALIZING.distance(near) - 0.9)


def test_the_threshold_falls_as_the_gallery_grows():
    growing = replace(POINT, scale=replace(SCALE, match=RateTable(((0.01, 0.9),), decline=0.03)))
    cuts = [growing.for_gallery(workers).match_threshold.value for workers in (0, 5, 50, 253, 5000)]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[0] == cuts[1]
    assert cuts[3] == POINT.match_threshold.value
    assert growing.for_gallery(253 * 100).match_threshold.value == pytest.approx(0.9 - 0.03 * np.log(100))
    assert growing.for_gallery(5000).for_gallery(253).match_threshold.value == pytest.approx(0.9)


def test_a_threshold_the_operator_set_stays():
    falling = replace(SCALE, match=RateTable(((0.01, 0.9),), decline=0.03))
    by_hand = replace(POINT, scale=falling, match_threshold=Parameter(0.9, Origin.SETTINGS))
    assert by_hand.for_gallery(5000).match_threshold == by_hand.match_threshold


@pytest.mark.parametrize(
    ("distinct_from", "status"),
    [
        ((), Status.IDENTIFIED),
        ((2,), Status.AMBIGUOUS),
        ((3,), Status.IDENTIFIED),
        ((9,), Status.IDENTIFIED),
    ],
)
def test_nobody_is_named_where_a_look_alike_could_be_named_too(distinct_from, status):
    decision = POINT.decide(candidates(0.5, 0.75, 0.85, 0.95), GOOD, distinct_from)
    assert (decision.status, decision.worker_id) == (status, 1 if status is Status.IDENTIFIED else None)
    assert decision.margin == pytest.approx(0.25)


def test_whoever_is_clearly_nearer_than_their_look_alike_is_named_however_near_that_one_is():
    clear = POINT.decide(candidates(0.07, 0.48), GOOD, (2,))
    assert (clear.status, clear.worker_id) == (Status.IDENTIFIED, 1)
    just = replace(POINT, scale=replace(SCALE, look_alike_margin=0.25))
    for other, status in ((0.5 + 0.24, Status.AMBIGUOUS), (0.5 + 0.25, Status.IDENTIFIED)):
        assert just.decide(candidates(0.5, other), GOOD, (2,)).status is status


def test_the_margin_to_a_look_alike_is_never_smaller_than_to_anybody():
    careful = replace(POINT, min_margin=Parameter(0.45, Origin.SETTINGS))
    assert careful.decide(candidates(0.2, 0.6), GOOD, (2,)).status is Status.AMBIGUOUS
    far = candidates(0.2, 0.66)
    assert careful.decide(far, GOOD, (2,)).status is Status.IDENTIFIED


def test_a_look_alike_is_near_where_enrolment_would_say_it_is_them_whatever_the_match_threshold():
    strict = replace(POINT, match_threshold=Parameter(0.5, Origin.SETTINGS))
    for distances, status in (
        ((0.45, SCALE.other_person), Status.AMBIGUOUS),
        ((0.45, SCALE.other_person + 0.01), Status.IDENTIFIED),
        ((0.6, SCALE.other_person), Status.UNKNOWN),
    ):
        assert strict.decide(candidates(*distances), GOOD, (2,)).status is status
