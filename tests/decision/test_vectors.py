"""Templates of one person together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facevec.decision.vectors import fuse, same_person, unit
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


def test_the_odd_one_out_is_found_wherever_it_stands():
    rng = np.random.default_rng(0)
    person = unit(rng.normal(size=(1, 64)).astype(np.float32))
    others = unit(person + 0.02 * rng.normal(size=(4, 64)).astype(np.float32))
    stranger = unit(rng.normal(size=(1, 64)).astype(np.float32))
    for place in range(5):
        vectors = np.insert(others, place, stranger, axis=0)
        expected = [row != place for row in range(5)]
        assert same_person(vectors, 0.8).tolist() == expected


def test_of_two_that_disagree_the_first_stays():
    assert same_person(np.eye(2, 8, dtype=np.float32), 1.0).tolist() == [True, False]
