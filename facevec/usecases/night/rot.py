"""What is not as facevec wrote it: templates that are set aside, and what the database says of itself."""

from __future__ import annotations

from facevec.types import Finding
from facevec.usecases.night.night import Night, StepResult

NOBODYS = "It is said to be of a worker who is not enrolled."


def set_aside(night: Night) -> StepResult:
    """Templates that are searched by nobody: the photo has to be removed and enrolled again."""
    aside = night.neighbours.set_aside
    known = night.registry.known([worker_id for worker_id, _ in aside])
    return StepResult(
        findings=[
            Finding((worker_id,), photo_id) if worker_id in known else Finding((), photo_id, reason=NOBODYS)
            for worker_id, photo_id in aside
        ]
    )


def database_faults(night: Night) -> StepResult:
    """As `facevec db check` tells them."""
    return StepResult(findings=[Finding(reason=fault) for fault in night.faults()])
