"""Whether the night's clock may be believed: what is destroyed for its age is gone for good."""

from __future__ import annotations

from facevec.dates import in_words
from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult

DOUBTED = StepResult({"skipped": "the clock may be ahead"})
"""Of a step that destroys nothing for its age in such a night."""


def look_at_clock(night: Night) -> StepResult:
    """Taken before anything is destroyed for its age."""
    if night.leap is None:
        night.believe()
        return StepResult()
    before, after = night.leap
    reason = (
        f"Between {in_words(before)} and {in_words(after)} neither a night nor a change was recorded: the "
        "clock may have leapt. Nothing is destroyed for its age until `facevec index rebuild "
        "--trust-the-clock` says that it is right."
    )
    return StepResult(findings=[Finding(at=before, reason=reason)])
