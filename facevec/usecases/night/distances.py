"""The distances that decide: measured on the workers where nobody measured them, and whether they hold."""

from __future__ import annotations

from datetime import timedelta

from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult

AGED = timedelta(days=365)
"""A calibration that is older may be of people and cameras who are no longer there."""


def measure_own_workers(night: Night) -> StepResult:
    """As after an import; see `usecases.own_workers`."""
    measured = night.measure_own()
    return (
        StepResult() if measured is None else StepResult({"model": measured.model, "people": measured.people})
    )


def outdated_calibration(night: Night) -> StepResult:
    """Of another model, of a far smaller gallery, or old."""
    standing = night.standing()
    if standing is None or standing.newest is None:
        return StepResult()
    made = standing.newest.created_at
    if standing.outdated is not None:
        return StepResult(findings=[Finding(at=made, reason=standing.outdated)])
    if night.now - made > AGED:
        old = f"It is {(night.now - made).days} days old; run `facevec calibrate` again."
        return StepResult(findings=[Finding(at=made, reason=old)])
    return StepResult()
