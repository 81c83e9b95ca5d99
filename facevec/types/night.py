"""What a night's work comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Figure = int | float | str | None
"""A number or a name that a step tells of what it did."""


@dataclass(frozen=True, slots=True)
class Lease:
    """That `holder` alone does what `name` says. token: tells the holder from anybody of the same name."""

    name: str
    holder: str
    token: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that somebody should look at. It names nobody: whoever may see names looks the ids up.

    worker_ids: whom it is about. photo_id: of the first of them. distance: how near, 0 to 2. at: when
    something ends or ended. reason: what else there is to say, a sentence without names.
    """

    worker_ids: tuple[int, ...] = ()
    photo_id: int | None = None
    distance: float | None = None
    at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step of the night.

    count: how many findings there were; `findings` are the first of them. code, reason: of the error that
    ended the step, None where it went well.
    """

    name: str
    seconds: float
    figures: Mapping[str, Figure] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    count: int = 0
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NightReport:
    """All steps, in their order. holder: the machine and process that did it."""

    holder: str
    began_at: datetime
    ended_at: datetime
    steps: tuple[StepReport, ...]

    @property
    def seconds(self) -> float:
        return (self.ended_at - self.began_at).total_seconds()

    @property
    def failure(self) -> StepReport | None:
        """The first step that failed."""
        return next((step for step in self.steps if step.code is not None), None)

    def step(self, name: str) -> StepReport | None:
        """The step called so, if it was done."""
        return next((step for step in self.steps if step.name == name), None)
