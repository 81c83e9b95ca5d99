"""The operating point: everything that decides who somebody is, each value with its origin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum

from facevec.decision.cohort import REFERENCE_GALLERY, growth, in_gallery, normalized_distance
from facevec.decision.quality import quality_faults
from facevec.types import (
    Calibration,
    Candidate,
    Cohort,
    Decision,
    ModelScale,
    Quality,
    QualityGate,
    Status,
)
from facevec.types.lazy_numpy import np, npt

RECHECK_BAND = 0.04
"""A distance this near the match threshold calls for a recheck; 0.02 to 0.07 measure alike."""

EITHER = 2
"""So many workers an ambiguous face is between, at least."""

WIDEST = 2.0
"""The distance of opposite unit vectors: a match threshold that refuses nobody."""


class Origin(str, Enum):
    """Where a value comes from."""

    SETTINGS = "settings"
    CALIBRATION = "calibration"
    MODEL = "model"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that decides, and where it comes from."""

    value: float
    origin: Origin


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What decides a recognition or a verification, in a gallery of `workers`.

    target_fpir: the share of strangers who may be named; None where match_threshold is set by hand, which
    promises no rate. match_threshold: largest distance that still names a worker, 0 to 2. min_margin:
    smallest margin to the next different worker that is not ambiguous, 0 to 2. verify_threshold: largest
    plain distance between two faces of one person (1:1), 0 to 2. probe_gate: what a face must keep to be
    named. scale, calibration: the evidence; the latter None where none counts for this model.
    """

    target_fpir: Parameter | None
    match_threshold: Parameter
    min_margin: Parameter
    verify_threshold: Parameter
    probe_gate: QualityGate
    scale: ModelScale
    calibration: Calibration | None = None
    workers: int = REFERENCE_GALLERY

    def for_gallery(self, workers: int) -> OperatingPoint:
        """The point that keeps the same rate in a gallery of so many workers.

        A threshold set by hand holds as it is for every gallery.
        """
        match = self.match_threshold
        if match.origin is not Origin.SETTINGS:
            grown = growth(workers) - growth(self.workers)
            match = replace(match, value=match.value - self.scale.match.decline * grown)
        return replace(self, match_threshold=match, workers=workers)

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The values that have an origin, by name; a rate that is not promised is not among them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Parameter)}

    @property
    def doubt(self) -> float:
        """Largest distance that may still be a worker's, as far as is known: beyond it a face is unknown.

        The match threshold itself, unless that is one of a model whose distances nobody measured.
        """
        if self.match_threshold.origin is not Origin.MODEL or self.scale.doubt is None:
            return self.match_threshold.value
        return max(self.match_threshold.value, self.scale.doubt)

    @property
    def cohort(self) -> Cohort | None:
        """What is usual for the neighbours in this gallery; None where distances are not normalised."""
        cohort = self.scale.cohort
        return None if cohort is None else in_gallery(cohort, self.workers)

    def distance(self, candidates: Sequence[Candidate]) -> float | None:
        """To the nearest of `candidates`, normalised; None without any."""
        return normalized_distance(candidates, self.cohort)

    def decide(
        self, candidates: Sequence[Candidate], quality: Quality, distinct_from: Collection[int] = ()
    ) -> Decision:
        """What one probe's candidates, nearest first and of different workers, amount to.

        A face below the probe gate is never named, whatever its distance. Beyond the match threshold it is
        unknown, or as far as `doubt` ambiguous. distinct_from: workers who were
        decided to be somebody else than the nearest, because their faces are alike: where the face may be
        theirs too (`may_be_either`), it is ambiguous.
        """
        distance = self.distance(candidates)
        margin = candidates[1].distance - candidates[0].distance if len(candidates) > 1 else None
        if quality_faults(quality, self.probe_gate):
            return Decision(Status.LOW_QUALITY, None, distance, margin)
        if distance is None or not distance <= self.doubt:  # no number is near nobody
            return Decision(Status.UNKNOWN, None, distance, margin)
        doubtful = distance > self.match_threshold.value
        close = margin is not None and margin < self.min_margin.value
        if doubtful or close or self._may_be_another(candidates, distance, distinct_from):
            return Decision(Status.AMBIGUOUS, None, distance, margin)
        return Decision(Status.IDENTIFIED, candidates[0].worker_id, distance, margin)

    def _may_be_another(
        self, candidates: Sequence[Candidate], distance: float, distinct_from: Collection[int]
    ) -> bool:
        """Whether the face may be that of one of `distinct_from`. distance: to the nearest, normalised."""
        correction = distance - candidates[0].distance
        return any(
            candidate.worker_id in distinct_from
            and self.may_be_either(distance, candidate.distance + correction, self.match_threshold)
            for candidate in candidates[1:]
        )

    def may_be_either(self, nearest: float, other: float, threshold: Parameter) -> bool:
        """Whether a face at these distances from one look-alike and the other may be either's.

        It may where the other would be named or verified too (`threshold`), or be them at enrolment, unless
        they are further by a margin larger than the usual. Measured on one person enrolled twice, with one
        photo or two the second time: with the usual margin of 0.03, 5.8 % and 17.9 % of their other photos
        get the second name, with 0.2 it is 0.5 % and 1.9 %, and 0.5 % and 1.7 % where no margin is enough
        (docs/adr/0010-look-alikes-by-decision.md).
        """
        reach = max(threshold.value, self.scale.other_person)
        margin = max(self.min_margin.value, self.scale.look_alike_margin)
        return other <= reach and other - nearest < margin

    def possible(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Those of `candidates`, nearest first, whose a face may be that is ambiguous between some of them.

        The two nearest, and whoever is further than the nearest by no more than look-alikes may be.
        """
        margin = max(self.min_margin.value, self.scale.look_alike_margin)
        return [
            candidate
            for place, candidate in enumerate(candidates)
            if place < EITHER or candidate.distance - candidates[0].distance < margin
        ]

    def is_borderline(self, candidates: Sequence[Candidate], quality: Quality) -> bool:
        """Whether one probe's distance is so near the match threshold that chance may decide."""
        distance = self.distance(candidates)
        if distance is None or quality_faults(quality, self.probe_gate):
            return False
        return abs(distance - self.match_threshold.value) < RECHECK_BAND

    def without_threshold(self) -> OperatingPoint:
        """The point that names whoever is nearest, as far as gate and margin allow."""
        return replace(self, match_threshold=Parameter(WIDEST, Origin.SETTINGS))


def settled(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The distances that stand after a search and its recheck, whatever the match threshold.

    first, second: (n,) normalised. A threshold is compared with the second where the first is borderline
    and with the first elsewhere; comparing it with these comes to the same.
    """
    return np.clip(second, first - RECHECK_BAND, first + RECHECK_BAND)
