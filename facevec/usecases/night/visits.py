"""Visits that must not be kept any more."""

from __future__ import annotations

from datetime import timedelta

from facevec.types import Finding
from facevec.usecases.night.clock import DOUBTED
from facevec.usecases.night.night import Night, StepResult


def destroy_old_visits(night: Night) -> StepResult:
    """Those of days that were over `visits.days` ago; whether or not visits are recorded now."""
    if night.leap is not None:
        return DOUBTED
    destroyed = night.visits.destroy(before=night.now - timedelta(days=night.visit_days))
    kept = night.visits.kept()
    findings = []
    if kept.unagreed:
        findings.append(Finding(reason=f"{kept.unagreed} visits are kept that no consent covers."))
    if kept.ahead:
        reason = f"{kept.ahead} visits are of days to come: the clock was ahead when they were recorded."
        findings.append(Finding(reason=reason))
    return StepResult({"destroyed": destroyed, "kept": kept.visits}, findings)
