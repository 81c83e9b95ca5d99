"""How often identification is wrong, in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.decision.rates import Curve
from facevec.decision.uneven import worst
from facevec.presentation import evaluation_figures
from facevec.presentation.answers.base import Answer, Figure, Share, Threshold
from facevec.presentation.answers.problems import Reason
from facevec.presentation.answers.uneven import EstimateAnswer, GroupAnswer, LambAnswer, RateAnswer
from facevec.usecases.evaluation import Evaluation, RatePoint

if TYPE_CHECKING:
    from typing_extensions import Self


class PointAnswer(Answer):
    """The error rates at one threshold."""

    threshold: Threshold
    target_fpir: float | None
    fpir: RateAnswer
    fnir: RateAnswer
    tpir: EstimateAnswer

    @classmethod
    def of_point(cls, point: RatePoint) -> Self:
        """With TPIR, which is the complement of FNIR unless the threshold's own uncertainty counts."""
        return cls.of(point, tpir=evaluation_figures.tpir(point))


class CurveAnswer(Answer):
    """FPIR and FNIR at each threshold."""

    threshold: tuple[Share, ...]
    fpir: tuple[Share, ...]
    fnir: tuple[Share, ...]

    @classmethod
    def of_curve(cls, curve: Curve) -> Self:
        """Without the bands, which are for plots."""
        return cls(threshold=curve.thresholds.tolist(), fpir=curve.fpir.tolist(), fnir=curve.fnir.tolist())


class ConfusionAnswer(Answer):
    """A search whose nearest worker is somebody else. named: whether the thresholds in force name them."""

    photo: str
    shows: str
    taken_for: str
    distance: Figure
    mated: bool
    named: bool


class LookAlikeAnswer(Answer):
    """Somebody who was refused at enrolment as another of the people."""

    photo: str
    shows: str
    taken_for: str
    distance: Figure


class EvaluationAnswer(Answer):
    """What was measured, as `usecases.evaluation.Evaluation` says it.

    groups: the one whose strangers are named most often first. lambs: workers who draw strangers.
    unusable: what lies in the folders and is no photo of a person. passed_over: what nobody meant to be.
    """

    headline: str
    model: str
    people: int
    enrolled: int
    templates: int
    enrol_photos: int
    min_margin: float
    rank_one: RateAnswer
    fte: RateAnswer
    in_force: PointAnswer
    points: tuple[PointAnswer, ...]
    curve: CurveAnswer
    confusions: tuple[ConfusionAnswer, ...]
    look_alikes: tuple[LookAlikeAnswer, ...]
    groups: tuple[GroupAnswer, ...]
    worst_group: GroupAnswer | None
    lambs: tuple[LambAnswer, ...]
    not_enrolled: tuple[Reason, ...]
    refused: tuple[Reason, ...]
    not_searched: tuple[Reason, ...]
    unusable: tuple[Reason, ...]
    passed_over: tuple[str, ...]

    @classmethod
    def of_evaluation(cls, evaluation: Evaluation, **fields: object) -> Self:
        """All figures, under the sentence that says what they come to. `fields` as in `of`."""
        return cls.of(
            evaluation,
            headline=evaluation_figures.headline(evaluation),
            min_margin=evaluation.point.min_margin.value,
            in_force=PointAnswer.of_point(evaluation.in_force),
            points=[PointAnswer.of_point(point) for point in evaluation.points],
            worst_group=worst(evaluation.groups),
            curve=CurveAnswer.of_curve(evaluation.curve),
            **fields,
        )
