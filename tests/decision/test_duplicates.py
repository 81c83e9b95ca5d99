"""Whether photos show somebody who is enrolled already."""

from __future__ import annotations

import numpy as np
import pytest

from facevec.decision import duplicates
from facevec.decision.cohort import COHORT_SIZE
from facevec.decision.duplicates import ALONE, NOBODY, REFUSED
from facevec.decision.rates import cut_for_others
from facevec.decision.vectors import mean, pairwise_distances, unit
from facevec.types import Cohort, Vectors

USUAL = Cohort(1.0)


def around(distance: float, count: int = COHORT_SIZE) -> Vectors:
    return np.full((1, count), distance, np.float32)


def between(nearest: float, photos: Vectors, worker: Vectors, cohort: Cohort | None = USUAL) -> float:
    (distance,) = duplicates.normalized(np.array([nearest]), photos, worker, cohort)
    return float(distance)


def test_neighbours_that_are_far_make_a_worker_nearer_whose_ever_they_are():
    usual = between(0.8, around(1.0), around(1.0))
    assert usual == pytest.approx(0.8)
    assert between(0.8, around(1.2), around(1.0)) == pytest.approx(usual - 0.05)
    assert between(0.8, around(1.0), around(1.2)) == pytest.approx(usual - 0.05)
    assert between(0.8, around(0.8), around(0.8)) == pytest.approx(usual + 0.1)


def test_a_side_with_too_few_neighbours_does_not_count_and_without_a_cohort_none_does():
    assert between(0.8, around(1.2, COHORT_SIZE - 1), around(1.2)) == pytest.approx(0.75)
    assert between(0.8, around(1.2), around(1.2, 0)) == pytest.approx(0.75)
    assert between(0.8, around(1.2), around(1.2), None) == pytest.approx(0.8)
    assert between(0.01, around(1.4), around(1.4)) == 0.0


@pytest.mark.parametrize(
    ("alone", "speaks"),
    [
        ((0.9, 0.8), (None, 0.7)),
        ((0.9, 0.7 - ALONE / 2), (None, 0.7)),
        ((0.9, 0.5), (1, 0.5 + ALONE)),
        ((0.4, 0.5), (0, 0.4 + ALONE)),
    ],
)
def test_one_photo_speaks_for_all_where_it_is_clearly_nearer_than_their_mean(alone, speaks):
    assert duplicates.speaking(0.7, alone) == speaks


def crowd(people: int, photos: int, seed: int = 0, spread: float = 0.6) -> list[Vectors]:
    """Photos of people, the same number of each."""
    chance = np.random.default_rng(seed)
    centres = chance.normal(size=(people, 1, 32))
    return list(unit((centres + spread * chance.normal(size=(people, photos, 32))).astype(np.float32)))


def test_everybody_is_compared_with_the_workers_but_themselves():
    people = crowd(20, 2)
    references = np.vstack([mean(photos) for photos in people])
    itself = duplicates.distances_to_others(people, references, [NOBODY] * 20, None)
    others = duplicates.distances_to_others(people, references, range(20), None)
    assert itself.max() < others.min()
    (only,) = duplicates.distances_to_others(people[:1], references[:1], [0], USUAL)
    assert only == np.inf


def test_who_is_near_to_a_worker_that_is_near_to_everybody_is_further_from_them():
    people = crowd(20, 1)
    references = np.vstack(people)
    plain = duplicates.distances_to_others(people, references, range(20), None)
    normal = duplicates.distances_to_others(people, references, range(20), USUAL)
    between_workers = pairwise_distances(references, references)
    np.fill_diagonal(between_workers, np.inf)
    nearest = between_workers.argmin(axis=1)
    mean_around = np.sort(between_workers, axis=1)[:, :COHORT_SIZE].mean(axis=1)
    next_around = np.sort(between_workers, axis=1)[:, 1 : COHORT_SIZE + 1].mean(axis=1)
    assert normal == pytest.approx(plain - (mean_around[nearest] - 1) / 4 - (next_around - 1) / 4, abs=1e-6)


def fitted(people: list[Vectors], refused: float) -> float:
    """The distance at or below which photos are somebody else's, `other_person` of these people's model."""
    return cut_for_others(duplicates.newcomers(people, USUAL), refused)


def test_a_threshold_refuses_of_those_it_was_fitted_on_as_few_as_it_says():
    people = crowd(150, 4)
    threshold = fitted(people, 0.02)
    shares = [
        np.mean(duplicates.newcomers(people, USUAL).scores <= limit)
        for limit in (threshold, fitted(people, 0.1))
    ]
    assert 0.01 < shares[0] <= 0.02
    assert 0.08 < shares[1] <= 0.1
    assert fitted(people, REFUSED) < threshold


def test_people_who_are_in_a_folder_twice_under_two_names_do_not_spoil_a_threshold():
    people = crowd(150, 6)
    twice = [photos[:3] for photos in people[:2]] + [photos[3:] for photos in people[:2]] + people[2:]
    clean, spoiled = (fitted(folder, 0.01) for folder in (people, twice))
    assert spoiled == pytest.approx(clean, abs=0.03)
    references = np.vstack([mean(photos) for photos in twice])
    caught = duplicates.distances_to_others(twice[:4], references, range(4), USUAL)
    assert (caught <= spoiled).all()


def test_where_nobody_has_several_photos_no_threshold_is_fitted():
    with pytest.raises(ValueError, match="several photos"):
        duplicates.newcomers(crowd(20, 1), USUAL)
