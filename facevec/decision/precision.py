"""What another precision of a network does to its distances, and to who is named by them."""

from __future__ import annotations

import numpy as np

from facevec.decision import rates
from facevec.decision.cohort import in_gallery, normalized
from facevec.decision.point import settled
from facevec.decision.rates import Searches
from facevec.decision.scales.crowd import Crowd, Neighbours
from facevec.decision.vectors import pairwise_distances
from facevec.types import Cohort, Estimate, Vectors


def tpir(crowd: Crowd, cohort: Cohort | None, fpir: float) -> Estimate:
    """The share of workers named rightly where `fpir` of the strangers are named; everybody is enrolled.

    cohort: the model's, by which distances are normalised.
    """
    everybody = np.arange(len(crowd.people))
    usual = None if cohort is None else in_gallery(cohort, len(everybody))

    def scores(near: Neighbours) -> rates.Scores:
        return settled(normalized(near.first, usual), normalized(near.recheck, usual))

    workers, strangers = crowd.search_workers(everybody), crowd.search_strangers(everybody)
    mated = Searches(np.where(workers.right, scores(workers), np.inf), workers.people)
    return rates.tpir_at(mated, Searches(scores(strangers), strangers.people), fpir)


def disagreement(reference: Crowd, other: Crowd) -> float:
    """The largest difference of a probe's distance to a worker where `other` made both, or the probe alone.

    Both crowds are of the same photos, in the same order.
    """
    everybody = np.arange(len(reference.people))
    workers, again = reference.references(everybody), other.references(everybody)
    distances = pairwise_distances(reference.looks.probes, workers)
    differences = (
        _largest(distances, other.looks.probes, workers),
        _largest(distances, other.looks.probes, again),
    )
    return max(differences)


def _largest(distances: Vectors, probes: Vectors, references: Vectors) -> float:
    return float(np.abs(pairwise_distances(probes, references) - distances).max())
