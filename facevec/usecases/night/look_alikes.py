"""Workers of whom one may be taken for the other."""

from __future__ import annotations

from facevec.decision import cohort
from facevec.decision.cohort import SEARCH_DEPTH
from facevec.types import Finding
from facevec.usecases.night.night import NOT_KNOWN, Night, StepResult
from facevec.usecases.night.same_face import pairs_within

DECIDED = "Somebody decided that they are two people."


def look_alikes(night: Night) -> StepResult:
    """Pairs as near as a face must be to be named: were one not enrolled, they would get the other's name.

    Those decided to be two are among them; those who are one person, as far as anybody can tell, are told by
    `same_face`, too.
    """
    if night.thresholds is None:
        return NOT_KNOWN
    neighbours, point = night.neighbours, night.thresholds.point
    if not len(neighbours.worker_ids):
        return StepResult()
    near = cohort.normalized(neighbours.distances[:, :SEARCH_DEPTH], point.cohort)
    decided = {*night.registry.distinct_pairs()}
    return StepResult(
        findings=[
            Finding(pair, distance=distance, reason=DECIDED if pair in decided else None)
            for pair, distance in pairs_within(neighbours, near, point.match_threshold.value)
        ]
    )
