from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevec import policy
from facevec.errors import NoFace, SeveralFaces
from facevec.types import (
    Box,
    Candidate,
    Face,
    Landmarks,
    QualityGate,
    Status,
    Templates,
    Thresholds,
)
from tests.toy import GOOD

GATE = QualityGate(40, 10, 30, 230, 12, 0.6)
THRESHOLDS = Thresholds(match_threshold=0.9, min_margin=0.1, verify_threshold=0.9, probe_gate=GATE)


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
    ],
)
def test_decision(distances, status, worker_id):
    decision = policy.decide(candidates(*distances), GOOD, THRESHOLDS)
    assert (decision.status, decision.worker_id) == (status, worker_id)


def test_a_decision_keeps_its_measures():
    decision = policy.decide(candidates(0.5, 0.75), GOOD, THRESHOLDS)
    assert decision.distance == 0.5
    assert decision.margin == 0.25


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"size": 39}, "too_small"),
        ({"sharpness": 9}, "blurred"),
        ({"brightness": 29}, "too_dark"),
        ({"brightness": 231}, "too_bright"),
        ({"contrast": 11}, "flat_contrast"),
        ({"yaw": 0.61}, "turned_away"),
    ],
)
def test_each_fault_has_its_name_and_its_words(change, fault):
    poor = replace(GOOD, **change)
    assert policy.quality_faults(poor, GATE) == (fault,)
    assert policy.in_words([fault])
    assert policy.decide(candidates(0.1), poor, THRESHOLDS).status is Status.LOW_QUALITY


def test_a_good_face_has_no_fault():
    assert policy.quality_faults(GOOD, GATE) == ()


def face(side: float, x: float = 250, y: float = 250) -> Face:
    """A face of `side` pixels with its middle at (x, y)."""
    at = (x, y)
    box = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    return Face(box, Landmarks(at, at, at, at, at), 0.99, GOOD)


@pytest.mark.parametrize(
    "others",
    [[], [face(60)], [face(80, x=400)], [face(80, x=100), face(80, x=400)]],
    ids=["alone", "much larger", "larger and in the middle", "two behind"],
)
def test_the_subject_of_a_photo_is_the_large_face_in_the_middle(others):
    assert policy.subject([face(100), *others], 500, 500) == 0


@pytest.mark.parametrize(
    "faces",
    [
        [face(100, x=150), face(100, x=350)],
        [face(100), face(90, x=130), face(90, x=370)],
        [face(100, x=60), face(80)],
    ],
    ids=["two friends", "three friends", "the smaller one in the middle"],
)
def test_nobody_is_picked_from_a_group(faces):
    with pytest.raises(SeveralFaces):
        policy.subject(faces, 500, 500)


def test_a_photo_without_a_face_has_no_subject():
    with pytest.raises(NoFace):
        policy.subject([], 500, 500)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_a_reference_is_the_unit_mean_of_its_templates_in_any_order(owners, random):
    vectors = policy.unit(np.random.default_rng(len(owners)).normal(size=(len(owners), 8)).astype(np.float32))
    shuffled = list(range(len(owners)))
    random.shuffle(shuffled)
    ids, references = policy.fuse(
        Templates(np.array([owners[i] for i in shuffled], dtype=np.int64), vectors[shuffled])
    )
    assert ids.tolist() == sorted(set(owners))
    for worker_id, reference in zip(ids, references, strict=True):
        mean = vectors[[i for i, owner in enumerate(owners) if owner == worker_id]].mean(axis=0)
        np.testing.assert_allclose(reference, mean / np.linalg.norm(mean), atol=1e-5)


def test_an_empty_gallery_fuses_to_nothing():
    ids, references = policy.fuse(Templates(np.empty(0, np.int64), np.empty((0, 8), np.float32)))
    assert len(ids) == len(references) == 0


def test_the_odd_one_out_is_found_wherever_it_stands():
    rng = np.random.default_rng(0)
    person = policy.unit(rng.normal(size=(1, 64)).astype(np.float32))
    others = policy.unit(person + 0.02 * rng.normal(size=(4, 64)).astype(np.float32))
    stranger = policy.unit(rng.normal(size=(1, 64)).astype(np.float32))
    for place in range(5):
        vectors = np.insert(others, place, stranger, axis=0)
        expected = [row != place for row in range(5)]
        assert policy.same_person(vectors, 0.8).tolist() == expected


def test_of_two_that_disagree_the_first_stays():
    assert policy.same_person(np.eye(2, 8, dtype=np.float32), 1.0).tolist() == [True, False]


NORMALISING = replace(THRESHOLDS, neighbours=1.2)


def test_a_face_that_is_near_to_everybody_is_further_from_each():
    crowded, apart = candidates(0.8, *[0.9] * 7), candidates(0.8, *[1.3] * 7)
    near_all = policy.decide(crowded, GOOD, NORMALISING)
    assert (near_all.status, near_all.distance) == (Status.UNKNOWN, pytest.approx(0.8 + (1.2 - 0.9) / 2))
    near_one = policy.decide(apart, GOOD, NORMALISING)
    assert (near_one.status, near_one.distance) == (Status.IDENTIFIED, pytest.approx(0.8 - (1.3 - 1.2) / 2))
    assert near_one.margin == pytest.approx(0.5)
    assert policy.decide(crowded, GOOD, THRESHOLDS).distance == 0.8


def test_too_few_workers_tell_nothing_about_the_crowd():
    assert policy.decide(candidates(0.8, *[1.3] * 6), GOOD, NORMALISING).distance == 0.8


def test_a_normalised_distance_is_never_negative():
    assert policy.decide(candidates(0.01, *[1.4] * 7), GOOD, NORMALISING).distance == 0.0


@pytest.mark.parametrize(("distance", "again"), [(0.87, True), (0.93, True), (0.85, False), (0.95, False)])
def test_only_a_face_near_the_threshold_is_looked_at_again(distance, again):
    assert policy.needs_second_look(candidates(distance), GOOD, THRESHOLDS) is again


def test_a_poor_face_and_an_empty_gallery_call_for_no_second_look():
    assert not policy.needs_second_look(candidates(0.9), replace(GOOD, sharpness=0), THRESHOLDS)
    assert not policy.needs_second_look([], GOOD, THRESHOLDS)


@given(*[st.integers(0, 90)] * 3)
def test_what_both_looks_settle_decides_as_a_search_does_at_any_threshold(first, second, threshold):
    first, second, threshold = first / 64, second / 64, threshold / 64
    cut = replace(THRESHOLDS, match_threshold=threshold)
    decides = second if policy.needs_second_look(candidates(first), GOOD, cut) else first
    (settled,) = policy.settled(np.array([first]), np.array([second]))
    assert (settled <= threshold) == (decides <= threshold)


@pytest.mark.parametrize("workers", [8, 253, 5000])
def test_the_cut_off_of_a_probe_does_not_change_with_the_gallery_alone(workers):
    falling = replace(NORMALISING, match_decline=0.03, neighbours_decline=0.06)
    grown = policy.for_gallery(falling, workers)
    near = candidates(0.7, *[1.0] * 7)
    over = policy.distance_to_nearest(near, grown.neighbours) - grown.match_threshold
    assert over == pytest.approx(policy.distance_to_nearest(near, 1.2) - 0.9)


def test_the_threshold_falls_as_the_gallery_grows():
    growing = replace(THRESHOLDS, match_decline=0.03)
    cuts = [policy.for_gallery(growing, workers).match_threshold for workers in (0, 5, 50, 253, 5000)]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[0] == cuts[1]
    assert cuts[3] == THRESHOLDS.match_threshold
    assert policy.for_gallery(growing, 253 * 100).match_threshold == pytest.approx(0.9 - 0.03 * np.log(100))


def test_a_threshold_the_operator_set_stays():
    assert policy.for_gallery(THRESHOLDS, 5000) == THRESHOLDS
