"""What the registry keeps of its own past: removals that were not finished, and a change log without end."""

from __future__ import annotations

from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult


def finish_removals(night: Night) -> StepResult:
    """Whoever the ledger of removals names and who is in the registry all the same is removed."""
    removed = night.finish_removals()
    reasons = [f"{count} of kind {kind} had come back, and are removed." for kind, count in removed.items()]
    return StepResult(findings=[Finding(reason=reason) for reason in reasons])


def cut_change_log(night: Night) -> StepResult:
    """See `registry.keep_changes`."""
    gone = night.cut_change_log()
    return StepResult({"let_go": gone} if gone else {})
