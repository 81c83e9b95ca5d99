"""The audit trail: held against itself, told to the anchor, and shortened."""

from __future__ import annotations

from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult


def look_after_trail(night: Night) -> StepResult:
    """As `facevec audit verify` tells it; records that are too old go where the clock may be believed."""
    upkeep = night.audit(night.leap is None)
    figures = {"records": upkeep.records, "anchored": upkeep.anchored, "pruned": upkeep.pruned}
    return StepResult(figures, [Finding(reason=fault) for fault in upkeep.faults])
