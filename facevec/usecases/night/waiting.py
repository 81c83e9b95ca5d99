"""What waited for people, and has ended."""

from __future__ import annotations

from facevec.usecases.night.night import Night, StepResult


def forget_reviews(night: Night) -> StepResult:
    """Identifications that people did or did not confirm in time; the audit trail has what they said."""
    gone = night.sweep_reviews()
    return StepResult({"ended": gone} if gone else {})
