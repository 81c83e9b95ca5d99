"""A distance normalised by the cohort: the workers after the nearest.

This is test normalisation with the gallery as cohort and only its mean (T-norm: Auckenthaler et al.,
Digital Signal Processing 2000). Blurred and ordinary faces are near to everybody: their distance is
raised, that of a face apart is lowered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from facevec.types import Candidate, Cohort
from facevec.types.lazy_numpy import np, npt

COHORT_SIZE = 7
"""Workers after the nearest that make the cohort; 2 to 30 measure alike."""

COHORT_WEIGHT = 0.5
"""How much of their distance counts; 0.35 to 0.7 measure alike (docs/lab-book.md)."""

SEARCH_DEPTH = 1 + COHORT_SIZE
"""Candidates that a decision needs: the nearest worker and the cohort."""

REFERENCE_GALLERY = 253
"""Workers in the gallery for which a model's distances are written down."""

LEAST_GALLERY = 5
"""Smaller galleries are judged as if they had so many: nobody measured further down."""

Distances: TypeAlias = "npt.NDArray[np.floating[Any]]"


def in_gallery(cohort: Cohort, workers: int) -> Cohort:
    """What is usual in a gallery of so many workers; of the cohort as it was written down."""
    return replace(cohort, distance=cohort.distance - cohort.decline * growth(workers))


def growth(workers: int) -> float:
    """Natural logarithm of how many times larger than `REFERENCE_GALLERY` a gallery is.

    The more workers, the nearer the nearest of them is to a stranger: the distance at a given FPIR falls
    with the logarithm of their number (an extreme value; measured in docs/accuracy.md), and so does
    that of the cohort.
    """
    return math.log(max(workers, LEAST_GALLERY) / REFERENCE_GALLERY)


def normalized(distances: Distances, cohort: Cohort | None) -> npt.NDArray[np.float64]:
    """(n,) distances to the nearest worker, normalised by the cohort around each probe.

    distances: (n, k) to the k nearest workers, ascending. As it is where there are fewer than
    `SEARCH_DEPTH` workers (columns missing or infinite), and without a cohort.
    """
    nearest = distances[:, 0].astype(np.float64)
    if cohort is None:
        return nearest
    corrected: npt.NDArray[np.float64] = np.maximum(
        nearest - COHORT_WEIGHT * apart(distances[:, 1:], cohort), 0.0
    )
    return corrected


def apart(neighbours: Distances, cohort: Cohort | None) -> npt.NDArray[np.float64]:
    """(n,) by how much (n, k) neighbours, ascending, are further than usual; `COHORT_SIZE` of them count.

    0 where there are fewer (columns missing or infinite), and without a cohort.
    """
    if cohort is None or neighbours.shape[1] < COHORT_SIZE:
        return np.zeros(len(neighbours))
    cohort_mean = neighbours[:, :COHORT_SIZE].mean(axis=1, dtype=np.float64)
    return np.where(np.isfinite(cohort_mean), cohort_mean - cohort.distance, 0.0)


def normalized_distance(candidates: Sequence[Candidate], cohort: Cohort | None) -> float | None:
    """`normalized` for one probe's candidates, nearest first; None without any."""
    if not candidates:
        return None
    return float(normalized(np.array([[candidate.distance for candidate in candidates]]), cohort)[0])
