"""What decides, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facevec.decision.point import Origin
from facevec.decision.promise import is_enough
from facevec.decision.rates import people_needed
from facevec.presentation.answers.base import Answer, Moment, Threshold
from facevec.presentation.answers.problems import Reason
from facevec.presentation.answers.uneven import GroupAnswer, LambAnswer
from facevec.types import Calibration, Estimate, Evidence
from facevec.usecases.standing import Standing

if TYPE_CHECKING:
    from typing_extensions import Self


class CalibrationAnswer(Answer):
    """Thresholds measured here for a target FPIR, on what, and with which 95 % intervals."""

    model: str
    contract: str
    match_threshold: Threshold
    min_margin: Threshold
    target_fpir: Threshold
    source: Literal["strangers", "workers"]
    workers: int
    fpir: Threshold
    fpir_low: Threshold
    fpir_high: Threshold
    non_mated_searches: int
    non_mated_people: int
    fnir: Threshold | None
    fnir_low: Threshold | None
    fnir_high: Threshold | None
    mated_searches: int
    created_at: Moment
    enough_people: bool
    people_needed: int

    @classmethod
    def of_calibration(cls, calibration: Calibration, **fields: object) -> Self:
        """With whether it rests on enough people. `fields` as in `of`."""
        return cls.of(
            calibration,
            **_columns("fpir", calibration.fpir),
            **_columns("fnir", calibration.fnir),
            enough_people=is_enough(calibration),
            people_needed=people_needed(calibration.target_fpir),
            **fields,
        )


class CalibrationMade(CalibrationAnswer):
    """A calibration just measured. overruled_by: the settings that count first.

    groups: of strangers, the one that is named most often first. lambs: workers who draw strangers.
    refused: photos of strangers that could not be used. passed_over: what nobody meant to be one.
    """

    stored: bool
    overruled_by: tuple[str, ...]
    groups: tuple[GroupAnswer, ...]
    lambs: tuple[LambAnswer, ...]
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]


class ThresholdsAnswer(Answer):
    """What decides now and where it comes from; `outdated` says why the calibration holds no longer.

    model_evidence: what the model's own distances rest on.
    """

    match_threshold: Threshold
    min_margin: Threshold
    threshold_from: Origin
    margin_from: Origin
    calibration: CalibrationAnswer | None
    outdated: str | None
    target_fpir: Threshold | None
    target_from: Origin | None
    verify_threshold: Threshold
    verify_from: Origin
    model_evidence: Evidence
    caveats: tuple[str, ...]

    @classmethod
    def of_standing(cls, standing: Standing | None) -> Self | None:
        """None before the first enrolment."""
        if standing is None:
            return None
        point, calibration = standing.point, standing.newest
        target = point.target_fpir
        return cls.of(
            standing,
            match_threshold=point.match_threshold.value,
            threshold_from=point.match_threshold.origin,
            min_margin=point.min_margin.value,
            margin_from=point.min_margin.origin,
            verify_threshold=point.verify_threshold.value,
            verify_from=point.verify_threshold.origin,
            target_fpir=None if target is None else target.value,
            target_from=None if target is None else target.origin,
            model_evidence=point.scale.match.evidence,
            calibration=None if calibration is None else CalibrationAnswer.of_calibration(calibration),
        )


def _columns(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
