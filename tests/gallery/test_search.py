"""FAISS answers as the oracle does, whatever happened before the search."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facevec.decision.vectors import unit
from facevec.errors import ContractMismatch, GalleryError, InputError
from facevec.gallery.exact import ExactGallery
from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.layered import LayeredGallery
from facevec.ports import Gallery
from tests.gallery.people import ids, unit_vectors

DIMENSION = 16
POOL = unit_vectors(12, DIMENSION, seed=1)


of_layers = partial(LayeredGallery, sealed_at=4)


@pytest.fixture(params=[ExactGallery, FaissFlatGallery, of_layers], ids=["oracle", "flat", "layers"])
def gallery(request) -> Gallery:
    return request.param(DIMENSION)


@dataclass(frozen=True)
class Step:
    """Put `vectors` of the pool under these ids, or forget the ids."""

    put: bool
    worker_ids: tuple[int, ...]
    vectors: tuple[int, ...]


worker_ids = st.integers(0, 25)
steps = st.builds(
    lambda put, pairs: Step(put, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)),
    st.booleans(),
    st.lists(st.tuples(worker_ids, st.integers(0, len(POOL) - 1)), max_size=10),
)


def apply(step: Step, gallery: Gallery) -> None:
    if step.put:
        gallery.put(ids(*step.worker_ids), POOL[list(step.vectors)].reshape(-1, DIMENSION))
    else:
        gallery.remove(ids(*step.worker_ids))


def noisy(vectors, noise: float, seed: int):
    moved = vectors + np.random.default_rng(seed).normal(scale=noise, size=vectors.shape)
    return unit(moved.astype(np.float32))


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=12), st.integers(1, 30), st.sampled_from([0.0, 1e-6, 1e-3, 0.1]))
def test_any_history_gives_the_oracles_answer(history, k, noise):
    """The pool is small, so ids are replaced and equal references under several ids abound."""
    oracle = ExactGallery(DIMENSION)
    galleries = FaissFlatGallery(DIMENSION), of_layers(DIMENSION)
    probes = noisy(POOL[:4], noise, seed=2)
    for step in history:
        apply(step, oracle)
        expected = oracle.search(probes, k)
        for gallery in galleries:
            apply(step, gallery)
            assert len(gallery) == len(oracle)
            assert gallery.search(probes, k) == expected


@pytest.mark.parametrize("k", [1, 2, 10])
def test_large_gallery_single_and_batch(k):
    references = unit_vectors(3000, 512, seed=3)
    worker_ids = np.random.default_rng(4).permutation(3000).astype(np.int64)
    flat, oracle = FaissFlatGallery(512), ExactGallery(512)
    flat.put(worker_ids, references)
    oracle.put(worker_ids, references)
    probes = noisy(references[:64], 0.02, seed=5)
    expected = oracle.search(probes, k)
    assert flat.search(probes, k) == expected
    assert tuple(flat.search(probe[None], k)[0] for probe in probes[:5]) == expected[:5]


@pytest.mark.parametrize("apart", [0.0, 1e-7, 1e-5, 1e-3])
def test_small_distances_keep_their_digits(gallery, apart):
    """sqrt(2 - 2 cos) in float32 is off by up to 5e-4 here; this holds the distance to 1e-7."""
    first = np.zeros(DIMENSION)
    first[0] = 1.0
    probe = first + apart * np.eye(DIMENSION)[1]
    gallery.put(ids(1), first[None].astype(np.float32))
    ((candidate,),) = gallery.search(probe[None].astype(np.float32), 1)
    assert candidate.distance == pytest.approx(apart, rel=1e-5, abs=1e-12)


def test_equals_come_by_worker_id_even_beyond_what_is_fetched_first(gallery):
    gallery.put(np.arange(500, 0, -1), np.repeat(POOL[:1], 500, axis=0))
    (candidates,) = gallery.search(POOL[:1], 3)
    assert [candidate.worker_id for candidate in candidates] == [1, 2, 3]


def test_put_replaces_and_remove_forgets(gallery):
    gallery.put(ids(1, 2), POOL[:2])
    gallery.put(ids(1), POOL[2:3])
    assert len(gallery) == 2
    assert gallery.search(POOL[2:3], 1)[0][0].worker_id == 1
    assert gallery.search(POOL[2:3], 1)[0][0].distance == 0.0
    gallery.remove(ids(1, 77))
    assert [candidate.worker_id for candidate in gallery.search(POOL[2:3], 5)[0]] == [2]


def test_empty_gallery_and_no_probes(gallery):
    assert gallery.search(POOL[:2], 3) == ((), ())
    gallery.put(ids(1), POOL[:1])
    assert gallery.search(POOL[:0], 3) == ()
    gallery.remove(ids(1))
    assert gallery.search(POOL[:1], 3) == ((),)


def test_a_change_that_is_refused_changes_nothing(gallery):
    gallery.put(ids(1), POOL[:1])
    broken = POOL[:2].copy()
    broken[1, 3] = np.nan
    with pytest.raises(GalleryError, match="worker 8"):
        gallery.put(ids(7, 8), broken)
    with pytest.raises(GalleryError, match="one each"):
        gallery.put(ids(7, 8), POOL[:1])
    with pytest.raises(ContractMismatch, match="dimension 16"):
        gallery.put(ids(7), unit_vectors(1, 8, seed=0))
    assert [candidate.worker_id for candidate in gallery.search(POOL[:1], 5)[0]] == [1]


def test_a_search_without_meaning_is_refused(gallery):
    with pytest.raises(ContractMismatch, match="dimension 16"):
        gallery.search(unit_vectors(1, 8, seed=0), 1)
    with pytest.raises(ContractMismatch):
        gallery.search(POOL[0], 1)
    with pytest.raises(InputError):
        gallery.search(POOL[:1], 0)
    with pytest.raises(InputError):
        gallery.search(np.full((1, DIMENSION), np.nan, dtype=np.float32), 1)


def test_the_gallery_keeps_its_own_copy(gallery):
    references = POOL[:2].copy()
    gallery.put(ids(1, 2), references)
    references[:] = 0.0
    assert gallery.search(POOL[:1], 1)[0][0].distance == 0.0
