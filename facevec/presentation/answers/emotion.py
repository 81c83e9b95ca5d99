"""How good an emotion model is, in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainSerializer

from facevec.presentation.answers.base import Answer, Figure
from facevec.presentation.answers.problems import Reason
from facevec.types import EMOTIONS
from facevec.usecases.evaluate_emotion import BATCH, EmotionEvaluation

if TYPE_CHECKING:
    from typing_extensions import Self


class ClassAnswer(Answer):
    """How well one emotion is read."""

    name: str
    faces: int
    precision: Figure
    recall: Figure
    f1: Figure


class ConfusionCounts(Answer):
    """What was taken for what: a row for what people said, a column for what the model answered."""

    emotions: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class BinAnswer(Answer):
    """How often readings of about one probability come true."""

    low: Figure
    high: Figure
    faces: int
    confidence: Figure
    accuracy: Figure


class FloorAnswer(Answer):
    """What a confidence floor leaves, and how right that is; accuracy is null where nothing is left."""

    floor: Figure
    answered: Figure
    accuracy: Figure | None


class EmotionFigures(Answer):
    """What was measured, as `usecases.evaluate_emotion.EmotionEvaluation` says it."""

    model: str
    faces: int
    accuracy: Figure
    macro_f1: Figure
    calibration_error: Figure
    held_out_calibration_error: Figure | None
    ms_per_face: Annotated[float, PlainSerializer(lambda ms: round(ms, 3), return_type=float)]
    batch: int
    classes: tuple[ClassAnswer, ...]
    confusion: ConfusionCounts
    reliability: tuple[BinAnswer, ...]
    at_confidence_floor: FloorAnswer
    floors: tuple[FloorAnswer, ...]

    @classmethod
    def of_evaluation(cls, evaluation: EmotionEvaluation, **fields: object) -> Self:
        """All figures. `fields` as in `of`."""
        return cls.of(
            evaluation,
            batch=BATCH,
            confusion=ConfusionCounts(emotions=EMOTIONS, counts=evaluation.confusion.tolist()),
            at_confidence_floor=evaluation.at_floor,
            **fields,
        )


class EmotionEvaluationAnswer(EmotionFigures):
    """What was measured, the pictures that could not be used, and what nobody meant to be one."""

    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]
