"""Templates of one person together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facevec.decision.vectors import are_unit, fuse, mean, pairwise_distances, same_person, unit
from facevec.types import Templates


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_a_reference_is_the_unit_mean_of_its_templates_in_any_order(owners, random):
    vectors = unit(np.random.default_rng(len(owners)).normal(size=(len(owners), 8)).astype(np.float32))
    shuffled = list(range(len(owners)))
    random.shuffle(shuffled)
    ids, references = fuse(
        Templates(np.array([owners[i] for i in shuffled], dtype=np.int64), vectors[shuffled])
    )
    assert ids.tolist() == sorted(set(owners))
    for worker_id, reference in zip(ids, references, strict=True):
        mean = vectors[[i for i, owner in enumerate(owners) if owner == worker_id]].mean(axis=0)
        np.testing.assert_allclose(reference, mean / np.linalg.norm(mean), atol=1e-5)


def test_an_empty_gallery_fuses_to_nothing():
    ids, references = fuse(Templates(np.empty(0, np.int64), np.empty((0, 8), np.float32)))
    assert len(ids) == len(references) == 0


def test_a_template_has_unit_length_but_for_rounding():
    direction = unit(np.ones((1, 8), np.float32))
    squared = np.array([[1], [1.0009], [0.9991], [1.0011], [0.9989], [0], [1e30], [np.inf], [np.nan]])
    vectors = (direction * np.sqrt(squared)).astype(np.float32)
    assert are_unit(vectors).tolist() == [True] * 3 + [False] * 6
    assert are_unit(vectors[:0]).tolist() == []


def test_the_odd_one_out_is_found_wherever_it_stands():
    rng = np.random.default_rng(0)
    person = unit(rng.normal(size=(1, 64)).astype(np.float32))
    others = unit(person + 0.02 * rng.normal(size=(4, 64)).astype(np.float32))
    stranger = unit(rng.normal(size=(1, 64)).astype(np.float32))
    for place in range(5):
        vectors = np.insert(others, place, stranger, axis=0)
        expected = [row != place for row in range(5)]
        assert same_person(vectors, 0.8).tolist() == expected


PEOPLE = unit(np.random.default_rng(1).normal(size=(3, 64)).astype(np.float32))


def photos_of(*people: int, spread: float = 0.02) -> np.ndarray:
    """A row for each, near the direction of person 0, 1 or 2."""
    noise = np.random.default_rng(len(people)).normal(size=(len(people), 64)).astype(np.float32)
    return unit(PEOPLE[list(people)] + spread * noise)


@pytest.mark.parametrize("people", [(0, 1), (0, 0, 1, 1), (0, 1, 2), (0, 0, 1, 1, 2, 2), (0, 0, 1, 2)])
def test_without_a_majority_nobody_is_shown(people):
    assert not same_person(photos_of(*people), 0.8).any()


@pytest.mark.parametrize("people", [(0,), (0, 0, 1), (1, 0, 1, 0, 0), (0, 1, 0, 2, 0)])
def test_who_is_on_more_than_half_is_shown(people):
    most = max(set(people), key=people.count)
    assert same_person(photos_of(*people), 0.8).tolist() == [one == most for one in people]


def test_a_few_photos_that_are_alike_do_not_outweigh_a_majority_that_differs():
    """The nearest to all others is here one of the minority."""
    vectors = np.vstack([photos_of(0, 0, 0, spread=0.08), photos_of(1, 1, spread=0.001)])
    distances = pairwise_distances(vectors, vectors)
    assert distances.sum(axis=1).argmin() >= 3
    assert same_person(vectors, 0.95).tolist() == [True] * 3 + [False] * 2


def test_one_in_between_speaks_for_two_who_are_too_far_apart_from_each_other():
    ends = np.eye(2, 64, dtype=np.float32)
    vectors = np.vstack([ends, unit(ends.sum(axis=0, keepdims=True))])
    assert same_person(vectors, 0.8).tolist() == [True] * 3


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 0.15)), min_size=1, max_size=9), st.data())
def test_the_order_of_photos_decides_nothing(photos, data):
    rows = np.vstack([photos_of(who, spread=spread) for who, spread in photos])
    order = data.draw(st.permutations(range(len(photos))))
    shown = same_person(rows, 0.8)
    assert same_person(rows[order], 0.8).tolist() == shown[order].tolist()
    assert mean(rows[order]).tobytes() == mean(rows).tobytes()
