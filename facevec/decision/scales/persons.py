"""Two faces, one person or two: what the distances between photos say, whatever the size of a gallery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision.cohort import normalized
from facevec.decision.duplicates import ENROLLED
from facevec.decision.point import OperatingPoint, settled
from facevec.decision.scales.crowd import Crowd, Indices, Neighbours
from facevec.decision.vectors import mean, pairwise_distances
from facevec.types import Cohort, Vectors

FMR = 0.001
"""Share of impostors who may be taken for the same person, one to one."""

AMBIGUOUS = 0.001
"""Share of the right answers that a margin may make ambiguous."""

STRAY = 0.001
"""Share of good photos that may be taken for somebody else's beside the worker's other ones."""

SECOND_NAMES = 0.005
"""Share of searches that may get the second name of one person who is enrolled twice, where no margin at all
would keep them from it."""

Distances = npt.NDArray[np.float32]


def impostors_to_workers(probes: Vectors, owners: Indices, references: Vectors) -> tuple[Distances, Indices]:
    """((n,) distances of photos of `owners`, who are no workers, to each worker's reference, (n,) whose)."""
    distances = pairwise_distances(probes, references)
    return distances.ravel(), np.repeat(owners, len(references))


def impostors_to_photos(probes: Vectors, owners: Indices) -> tuple[Distances, Indices]:
    """((n,) distances of photos of `owners`, one of each, to each other, (n,) of whom one is)."""
    first, second = np.triu_indices(len(probes), 1)
    return pairwise_distances(probes, probes)[first, second], owners[first]


def to_own(templates: Vectors, people: Sequence[Indices]) -> tuple[Distances, Indices]:
    """((n,) of every photo that is enrolled of `people` to the nearest of their others, (n,) whose).

    At or below it the photo counts as theirs, as `decision.vectors.same_person` judges.
    """
    nearest, owners = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
    for owner, photos in enumerate(people):
        vectors = templates[photos[:ENROLLED]]
        distances = pairwise_distances(vectors, vectors)
        np.fill_diagonal(distances, np.inf)
        nearest.append(distances.min(axis=1))
        owners.append(np.full(len(vectors), owner))
    return np.concatenate(nearest), np.concatenate(owners)


def right_margins(near: Neighbours, cohort: Cohort | None, threshold: float) -> tuple[Distances, Indices]:
    """((n,) how much further the next worker is, of the searches that name the right one, (n,) whose)."""
    distances = settled(normalized(near.first, cohort), normalized(near.recheck, cohort))
    named = near.right & (distances <= threshold)
    return (near.recheck[:, 1] - near.recheck[:, 0])[named], near.people[named]


@dataclass(frozen=True, slots=True, eq=False)
class Twice:
    """One person enrolled as two workers, by their places in the gallery; probes: their other photos."""

    gallery: Vectors
    places: tuple[int, int]
    probes: Vectors


def twice(crowd: Crowd, places: Indices, newcomers: int = 1) -> Iterator[Twice]:
    """Each of the people at `places` with photos enough, enrolled again by `newcomers` of them."""
    references = crowd.references(places)
    for column, place in enumerate(places):
        photos = crowd.people[place]
        enrolled = min(ENROLLED, len(photos) - newcomers - 1)
        if enrolled < 1:
            continue
        first = mean(crowd.looks.templates[photos[:enrolled]])
        second = mean(crowd.looks.templates[photos[enrolled : enrolled + newcomers]])
        gallery = np.vstack([references[:column], first, references[column + 1 :], second])
        yield Twice(gallery, (column, len(references)), crowd.looks.rechecks[photos[enrolled + newcomers :]])


def second_names(
    crowd: Crowd, places: Indices, point: OperatingPoint
) -> tuple[npt.NDArray[np.float64], Indices]:
    """((n,) for every search of `twice` by how much further the first name is, (n,) whose).

    Minus infinite where the search does not give the second name, or the first is too far to make it
    ambiguous, by whatever margin: no margin is to blame.
    """
    reach = max(point.match_threshold.value, point.scale.other_person)
    gaps: list[float] = []
    owners: list[int] = []
    for pair in twice(crowd, places):
        distances = pairwise_distances(pair.probes, pair.gallery)
        corrected = normalized(np.sort(distances, axis=1), point.cohort)
        one, other = (distances[:, place] for place in pair.places)
        is_second = (other <= distances.min(axis=1)) & (corrected <= point.match_threshold.value)
        in_reach = one + corrected - other <= reach
        gaps += np.where(is_second & in_reach, one - other, -np.inf).tolist()
        owners += [int(places[pair.places[0]])] * len(pair.probes)
    return np.array(gaps), np.array(owners, np.int64)
