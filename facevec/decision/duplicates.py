"""Whether photos show somebody who is enrolled already: by all of them, and by the neighbours of both.

One distance says it, and one threshold decides (`ModelScale.other_person`): that of the photos' mean to the
nearest worker, normalised by the workers around the photos and by those around that worker. This is
symmetric normalisation with the gallery as cohort and only its mean (S-norm: Kenny, Odyssey 2010), half of
what `decision.cohort` does on each side. A worker who is near to everybody, because of one poor photo or
of where they come from, is less of a reason than one who is near to nobody else.

`distances_to_others` judges many at once as an enrolment judges one, and `newcomers` people who are known, so
that what decides can be fitted to them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facevec.decision.cohort import COHORT_SIZE, COHORT_WEIGHT, SEARCH_DEPTH, Distances, apart
from facevec.decision.rates import Searches
from facevec.decision.vectors import mean, pairwise_distances
from facevec.types import Cohort, Vectors

REFUSED = 0.0018
"""The share of people who may be taken for somebody else, where a threshold is fitted: on people who had no
part in it, it comes out below 0.003 (`python -m benchmarks.enrolment`).
"""

ALONE = 0.04
"""One photo speaks for all where it is nearer than their mean may be, by this.

Photos that lead the mean away from a worker who is on one of them do not hide that one, and nobody who is
somebody else is refused for it (docs/accuracy.md).
"""

ENROLLED = 3
"""Photos by which people are enrolled where a threshold is fitted or measured."""

ONE_PERSON = 0.5
"""Two who come as near to each other as this share of people come to themselves are one, under two names."""

NOBODY = -1
"""The place of somebody who is not among the workers."""


def normalized(
    nearest: Distances, around_photos: Distances, around_worker: Distances, cohort: Cohort | None
) -> npt.NDArray[np.float64]:
    """(n,) distances from photos to a worker, normalised by the neighbours of both, 0 to 2.

    nearest: (n,). around_photos, around_worker: (n, k) distances of each to the other workers nearest to it,
    ascending; a side that has fewer than `COHORT_SIZE` does not count. As they are without a cohort.
    """
    further = apart(around_photos, cohort) + apart(around_worker, cohort)
    return np.maximum(nearest.astype(np.float64) - COHORT_WEIGHT / 2 * further, 0.0)


def speaking(together: float, alone: Sequence[float]) -> tuple[int | None, float]:
    """(which photo, distance) speaks for photos of one person: None is their mean.

    together: the distance of their mean. alone: that of each photo.
    """
    photo = int(np.argmin(alone))
    by_itself = alone[photo] + ALONE
    return (photo, by_itself) if by_itself < together else (None, together)


def distances_to_others(
    people: Sequence[Vectors], references: Vectors, own: Sequence[int], cohort: Cohort | None
) -> npt.NDArray[np.float64]:
    """(n,) how near each of n people is to somebody enrolled, as an enrolment judges it.

    people: (photos, dimension) templates of each. references: (workers, dimension), the mean of each worker's
    templates. own: for each person their place among the workers, who are then passed over, or `NOBODY`.
    """
    around_workers = pairwise_distances(references, references)
    np.fill_diagonal(around_workers, np.inf)
    around_workers = np.sort(around_workers, axis=1)[:, :COHORT_SIZE]
    everything = np.vstack([np.vstack([mean(photos), photos]) for photos in people])
    counts = [1 + len(photos) for photos in people]
    distances = pairwise_distances(everything, references)
    rows, places = np.arange(len(everything)), np.repeat(own, counts)
    distances[rows[places != NOBODY], places[places != NOBODY]] = np.inf
    nearest = distances.argmin(axis=1)
    ranked = np.sort(distances, axis=1)
    judged = normalized(ranked[:, 0], ranked[:, 1:SEARCH_DEPTH], around_workers[nearest], cohort)
    each = np.split(judged, np.cumsum(counts)[:-1])
    return np.array([speaking(together, alone)[1] for together, *alone in each])


def newcomers(people: Sequence[Vectors], cohort: Cohort | None) -> Searches:
    """How near to another worker each of `people` comes, by their first photo, first two and first three.

    people: (photos, dimension) templates of each. Those with several photos are the workers, and enrolled by
    one photo, by two and by three. Folders of people hold some twice, under two names: whoever once comes as
    near to somebody else as `ONE_PERSON` says is left out. Raises ValueError when nobody has several photos.
    """
    workers = [person for person, photos in enumerate(people) if len(photos) > 1]
    if not workers:
        raise ValueError("somebody must have several photos")
    places = {person: place for place, person in enumerate(workers)}
    trials = [
        (person, photos[:count])
        for person, photos in enumerate(people)
        for count in range(1, min(ENROLLED, len(photos)) + 1)
    ]
    own = [places.get(person, NOBODY) for person, _ in trials]
    distances, limits = [], []
    for enrolled in range(1, ENROLLED + 1):
        references = np.vstack([mean(people[worker][:enrolled]) for worker in workers])
        distances.append(distances_to_others([photos for _, photos in trials], references, own, cohort))
        limits.append(_one_person([people[worker] for worker in workers], enrolled, cohort))
    persons = np.array([person for person, _ in trials])
    once_too_near = (np.array(distances) <= np.array(limits)[:, np.newaxis]).any(axis=0)
    are_two = ~np.isin(persons, persons[once_too_near])
    return Searches(np.concatenate([row[are_two] for row in distances]), np.tile(persons[are_two], ENROLLED))


def _one_person(workers: Sequence[Vectors], enrolled: int, cohort: Cohort | None) -> float:
    """How near `ONE_PERSON` of `workers` are to themselves: by photos that are left of those enrolled."""
    counts = [min(enrolled, len(photos) - 1) for photos in workers]
    again = [photos[count:][:ENROLLED] for photos, count in zip(workers, counts, strict=True)]
    references = np.vstack([mean(photos[:count]) for photos, count in zip(workers, counts, strict=True)])
    distances = distances_to_others(again, references, [NOBODY] * len(workers), cohort)
    return float(np.quantile(distances, ONE_PERSON))
