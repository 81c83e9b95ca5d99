"""The distances of a model as they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer, Moment, Threshold
from facevec.presentation.answers.problems import Reason
from facevec.types import Evidence, MeasuredScale, ModelScale

if TYPE_CHECKING:
    from typing_extensions import Self


class DistanceAnswer(Answer):
    """A distance with its 95 % interval, null where it was not measured."""

    value: Threshold
    low: Threshold | None
    high: Threshold | None


class RateDistance(DistanceAnswer):
    """The distance that keeps an FPIR, in a gallery of 253 workers."""

    fpir: float


class CohortAnswer(Answer):
    """How far the neighbours usually are, and by how much that falls when a gallery grows e times."""

    distance: Threshold
    decline: Threshold


class ScaleAnswer(Answer):
    """The distances of a model. decline: by how much those of a match fall when a gallery grows e times."""

    evidence: Evidence
    match: tuple[RateDistance, ...]
    decline: Threshold
    margin: DistanceAnswer
    look_alike_margin: DistanceAnswer
    verify: DistanceAnswer
    same_person: DistanceAnswer
    other_person: DistanceAnswer
    cohort: CohortAnswer | None

    @classmethod
    def of_scale(cls, scale: ModelScale, measured: MeasuredScale | None = None) -> Self:
        """With the intervals of `measured`."""

        def interval(name: str) -> dict[str, float | None]:
            estimate = measured and measured.intervals.get(name)
            return {"low": estimate.low if estimate else None, "high": estimate.high if estimate else None}

        names = ("margin", "look_alike_margin", "verify", "same_person", "other_person")
        return cls.of(
            scale,
            evidence=scale.match.evidence,
            match=[
                RateDistance(fpir=fpir, value=distance, **interval(f"match {fpir:g}"))
                for fpir, distance in scale.match.pairs
            ],
            decline=scale.match.decline,
            **{name: DistanceAnswer(value=getattr(scale, name), **interval(name)) for name in names},
        )


class ScaleMeasured(Answer):
    """A scale just measured and stored. left: what too few photos say nothing about.

    before: what counted without it. refused: photos that could not be used. passed_over: what nobody meant
    to be one.
    """

    model: str
    contract: str
    people: int
    strangers: int
    photos: int
    everybody_searched: bool
    measured_at: Moment
    scale: ScaleAnswer
    left: tuple[str, ...]
    before: ScaleAnswer
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]

    @classmethod
    def of_measured(cls, measured: MeasuredScale, before: ModelScale, **fields: object) -> Self:
        """Beside what counted before. `fields` as in `of`."""
        return cls.of(
            measured,
            scale=ScaleAnswer.of_scale(measured.scale, measured),
            before=ScaleAnswer.of_scale(before),
            **fields,
        )
