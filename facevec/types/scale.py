"""The distances that suit one embedding model, and what they rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from facevec.types.decisions import Estimate
from facevec.types.lazy_numpy import np


class Evidence(str, Enum):
    """What a model's distances rest on. Only what was measured by facevec's own protocol promises a rate.

    own_workers: measured on the templates of those who are enrolled, each searched for among the others.
    """

    MEASURED = "measured"
    OWN_WORKERS = "own_workers"
    PUBLISHED = "published"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Cohort:
    """What is usual for the workers after the nearest.

    distance: their mean distance from a usual probe in a gallery of `decision.cohort.REFERENCE_GALLERY`,
    0 to 2. decline: by how much that falls when the gallery grows e times.
    """

    distance: float
    decline: float = 0.0


@dataclass(frozen=True, slots=True)
class RateTable:
    """The match distance for each FPIR, in a gallery of `decision.cohort.REFERENCE_GALLERY` workers.

    pairs: (FPIR, distance), both ascending. decline: by how much the distances fall when the gallery grows
    e times. evidence: what they rest on.
    """

    pairs: tuple[tuple[float, float], ...]
    decline: float = 0.0
    evidence: Evidence = Evidence.MEASURED

    def distance(self, fpir: float) -> float:
        """Interpolated over the logarithm of the rate; beyond the table that of its nearest end."""
        rates, distances = zip(*self.pairs, strict=True)
        return float(np.interp(math.log(fpir), np.log(rates), distances))

    def covers(self, fpir: float) -> bool:
        """Whether `fpir` lies among the rates that were measured."""
        return self.evidence is Evidence.MEASURED and self.pairs[0][0] <= fpir <= self.pairs[-1][0]


@dataclass(frozen=True, slots=True)
class ModelScale:
    """Distances of one embedding model, 0 to 2.

    margin: smallest to the next different worker that is not ambiguous. look_alike_margin: the same to
    somebody who was decided to be another person than the nearest although their faces are alike.
    verify: largest between two faces of one person (1:1), not normalised. same_person: largest to the
    worker's other photos at enrolment. other_person: at or below this distance to another worker the photos
    are theirs, normalised by the neighbours of both (`decision.duplicates`, to whose `newcomers` it is
    fitted). cohort: None where distances are not normalised.
    doubt: a face further than the match distance of these tables, but no further than this, is ambiguous and
    not unknown, since nobody measured where strangers begin; None where somebody did.
    """

    match: RateTable
    margin: float
    look_alike_margin: float
    verify: float
    same_person: float
    other_person: float
    cohort: Cohort | None = None
    doubt: float | None = None


@dataclass(frozen=True, slots=True)
class MeasuredScale:
    """A scale that was measured here, and on whom.

    contract: the only one that it suits. intervals: 95 %, of each value that was measured, by its name; those
    of the match table by the rate, "match 0.01". left: what too few photos say nothing about, and which stays
    as it was known before. people: who were enrolled. strangers: who were searched for; where
    `everybody_searched`, those enrolled are among them, each searched for in their own absence.
    """

    model: str
    contract: str
    scale: ModelScale
    intervals: Mapping[str, Estimate]
    left: tuple[str, ...]
    people: int
    strangers: int
    photos: int
    everybody_searched: bool
    measured_at: datetime
