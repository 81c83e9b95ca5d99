"""The index, written anew."""

from __future__ import annotations

from dataclasses import asdict

from facevec.usecases.night.night import Night, StepResult


def rebuild_index(night: Night) -> StepResult:
    """Publish a generation; nothing where nobody was ever enrolled."""
    report = night.rebuild()
    return StepResult({} if report is None else asdict(report))
