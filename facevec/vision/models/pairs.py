"""The distances of networks that look together (`vision.joint`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from facevec.decision.resolve import TARGET_FPIR
from facevec.types import Cohort, Evidence, ModelScale, RateTable
from facevec.vision.models.model import Figures

MEASURED: Mapping[frozenset[str], ModelScale] = {
    frozenset(("casia-webface", "retail-0095")): ModelScale(
        # As `python -m benchmarks.rates --model casia-webface+retail-0095` measures them; the others as
        # `verification`, `enrolment` and `look_alikes` do.
        match=RateTable(
            (
                (0.003, 0.826),
                (0.005, 0.847),
                (0.01, 0.871),
                (0.02, 0.891),
                (0.03, 0.904),
                (0.05, 0.921),
                (0.1, 0.941),
                (0.2, 0.960),
                (0.3, 0.972),
            ),
            decline=0.029,
        ),
        margin=0.1,
        look_alike_margin=0.22,
        verify=0.95,
        same_person=1.02,
        other_person=0.849,
        cohort=Cohort(distance=1.06, decline=0.044),
    ),
}
"""By the names of the networks, in whatever order."""


FIGURES: Mapping[frozenset[str], Figures] = {
    frozenset(("casia-webface", "retail-0095")): Figures(named={0.01: 0.990, 0.003: 0.984}, operations=3.4e9),
}
"""As `python -m benchmarks.identification --model casia-webface+retail-0095` measures them."""


def estimated(scales: Sequence[ModelScale]) -> ModelScale:
    """Of networks that nobody measured together: what their own distances come to when they are joined.

    No rate is promised by it. For the pair that was measured no distance is off by more than 0.03.
    """

    def joined(distance: Callable[[ModelScale], float]) -> float:
        return _joined([distance(scale) for scale in scales])

    cohorts = [scale.cohort for scale in scales if scale.cohort is not None]
    return ModelScale(
        match=RateTable(
            ((TARGET_FPIR, joined(lambda scale: scale.match.distance(TARGET_FPIR))),),
            decline=joined(lambda scale: scale.match.decline),
            evidence=Evidence.ASSUMED,
        ),
        margin=joined(lambda scale: scale.margin),
        look_alike_margin=joined(lambda scale: scale.look_alike_margin),
        verify=joined(lambda scale: scale.verify),
        same_person=joined(lambda scale: scale.same_person),
        other_person=joined(lambda scale: scale.other_person),
        cohort=Cohort(
            distance=_joined([cohort.distance for cohort in cohorts]),
            decline=_joined([cohort.decline for cohort in cohorts]),
        )
        if len(cohorts) == len(scales)
        else None,
        doubt=joined(lambda scale: scale.doubt or scale.match.distance(TARGET_FPIR))
        if any(scale.doubt for scale in scales)
        else None,
    )


def _joined(distances: Sequence[float]) -> float:
    """What these distances of the networks are between their joined vectors."""
    return math.sqrt(sum(distance**2 for distance in distances) / len(distances))
