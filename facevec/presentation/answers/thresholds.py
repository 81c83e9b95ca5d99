"""What decides, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facevec.presentation.answers.base import Answer, Moment, Threshold
from facevec.presentation.answers.problems import Reason
from facevec.types import Calibration
from facevec.usecases import openset
from facevec.usecases.calibrate import Origin, ThresholdStatus, is_enough

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
        needed = openset.people_needed(calibration.target_fpir)
        return cls.of(calibration, enough_people=is_enough(calibration), people_needed=needed, **fields)


class CalibrationMade(CalibrationAnswer):
    """A calibration just measured. overruled_by: the settings that count first.

    refused: photos of strangers that could not be used. passed_over: what nobody meant to be one.
    """

    stored: bool
    overruled_by: tuple[str, ...]
    refused: tuple[Reason, ...]
    passed_over: tuple[str, ...]


class ThresholdsAnswer(Answer):
    """What decides now and where it comes from; `outdated` says why the calibration holds no longer."""

    match_threshold: Threshold
    min_margin: Threshold
    threshold_from: Origin
    margin_from: Origin
    calibration: CalibrationAnswer | None
    outdated: str | None

    @classmethod
    def of_status(cls, status: ThresholdStatus | None) -> Self | None:
        """None before the first enrolment."""
        if status is None:
            return None
        made = status.calibration
        return cls.of(status, calibration=None if made is None else CalibrationAnswer.of_calibration(made))
