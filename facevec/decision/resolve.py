"""From what the operator set, what was calibrated and what was measured for the model to what decides."""

from __future__ import annotations

from dataclasses import dataclass

from facevec.decision.cohort import growth
from facevec.decision.point import OperatingPoint, Origin, Parameter
from facevec.types import Calibration, Cohort, ModelScale, QualityGate

TARGET_FPIR = 0.01
"""The share of strangers who may be given a name, until somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class MatchOverrides:
    """What the operator set; None is not set."""

    probe_gate: QualityGate
    target_fpir: float | None = None
    match_threshold: float | None = None
    min_margin: float | None = None
    verify_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentOverrides:
    """What the operator set; None is not set."""

    gate: QualityGate
    same_person_threshold: float | None = None
    other_person_threshold: float | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What a photo must satisfy to become a template.

    same_person_threshold: largest distance to the worker's other photos, 0 to 2.
    other_person_threshold: at or below this distance to another worker the photos are theirs, 0 to 2,
    normalised by `cohort` on both sides (`decision.duplicates`).
    """

    gate: QualityGate
    same_person_threshold: Parameter
    other_person_threshold: Parameter
    cohort: Cohort | None


def operating_point(
    overrides: MatchOverrides, calibration: Calibration | None, scale: ModelScale
) -> OperatingPoint:
    """What decides, in a gallery of `REFERENCE_GALLERY` workers.

    calibration: the newest of the model's contract. Its threshold counts as it is in a gallery as large as
    it was made in; for another rate than it was made for, the model's table says how far it moves.
    """
    target = _first(
        (overrides.target_fpir, Origin.SETTINGS),
        (None if calibration is None else calibration.target_fpir, Origin.CALIBRATION),
        otherwise=Parameter(TARGET_FPIR, Origin.DEFAULT),
    )
    return OperatingPoint(
        target_fpir=target if overrides.match_threshold is None else None,
        match_threshold=_first(
            (overrides.match_threshold, Origin.SETTINGS),
            (None if calibration is None else _calibrated(calibration, scale, target), Origin.CALIBRATION),
            otherwise=Parameter(scale.match.distance(target.value), Origin.MODEL),
        ),
        min_margin=_first(
            (overrides.min_margin, Origin.SETTINGS),
            (None if calibration is None else calibration.min_margin, Origin.CALIBRATION),
            otherwise=Parameter(scale.margin, Origin.MODEL),
        ),
        verify_threshold=_first(
            (overrides.verify_threshold, Origin.SETTINGS), otherwise=Parameter(scale.verify, Origin.MODEL)
        ),
        probe_gate=overrides.probe_gate,
        scale=scale,
        calibration=calibration,
    )


def enrolment_rules(overrides: EnrolmentOverrides, scale: ModelScale) -> EnrolmentRules:
    """What decides an enrolment."""
    return EnrolmentRules(
        gate=overrides.gate,
        same_person_threshold=_first(
            (overrides.same_person_threshold, Origin.SETTINGS),
            otherwise=Parameter(scale.same_person, Origin.MODEL),
        ),
        other_person_threshold=_first(
            (overrides.other_person_threshold, Origin.SETTINGS),
            otherwise=Parameter(scale.other_person, Origin.MODEL),
        ),
        cohort=scale.cohort,
    )


def _calibrated(calibration: Calibration, scale: ModelScale, target: Parameter) -> float:
    at_reference = calibration.match_threshold + scale.match.decline * growth(calibration.workers)
    if target.value == calibration.target_fpir:
        return at_reference
    return at_reference + scale.match.distance(target.value) - scale.match.distance(calibration.target_fpir)


def _first(*values: tuple[float | None, Origin], otherwise: Parameter) -> Parameter:
    for value, origin in values:
        if value is not None:
            return Parameter(value, origin)
    return otherwise
