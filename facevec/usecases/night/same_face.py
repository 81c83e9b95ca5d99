"""The same face under two workers, by the evidence that an enrolment goes by (`decision.duplicates`)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.decision import duplicates
from facevec.decision.cohort import SEARCH_DEPTH
from facevec.types import Finding
from facevec.usecases.night.neighbours import NOBODY, Neighbours
from facevec.usecases.night.night import NOT_KNOWN, Night, StepResult


def same_face(night: Night) -> StepResult:
    """Pairs of workers who would not both be enrolled today, unless somebody decided that they are two."""
    if night.thresholds is None:
        return NOT_KNOWN
    neighbours, rules = night.neighbours, night.thresholds.rules
    near = duplicates.normalized(
        neighbours.distances[:, 0],
        neighbours.distances[:, 1:SEARCH_DEPTH],
        neighbours.around(neighbours.ids[:, 0], neighbours.worker_ids),
        rules.cohort,
    )
    decided = {*night.registry.distinct_pairs()}
    pairs = pairs_within(neighbours, near, rules.other_person_threshold.value)
    return StepResult(
        findings=[Finding(pair, distance=distance) for pair, distance in pairs if pair not in decided]
    )


def pairs_within(
    neighbours: Neighbours, distances: npt.NDArray[np.float64], most: float
) -> list[tuple[tuple[int, int], float]]:
    """Each worker and the nearest other, where `distances`, (n,), is at most so much; each pair once.

    The smaller id stands first, the nearest pair too. (ids, distance)
    """
    rows = np.flatnonzero((neighbours.ids[:, 0] != NOBODY) & (distances <= most))
    nearest: dict[tuple[int, int], float] = {}
    for row in rows.tolist():
        own, other = int(neighbours.worker_ids[row]), int(neighbours.ids[row, 0])
        pair = min(own, other), max(own, other)
        nearest[pair] = min(float(distances[row]), nearest.get(pair, np.inf))
    return sorted(nearest.items(), key=lambda item: (item[1], item[0]))
