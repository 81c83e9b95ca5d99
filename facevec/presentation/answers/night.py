"""What a night came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facevec.presentation.answers.base import Answer, Figure, Moment
from facevec.presentation.answers.workers import WorkerIdentity
from facevec.types import Finding, NightReport, StepReport, Worker

if TYPE_CHECKING:
    from typing_extensions import Self


class FindingAnswer(Answer):
    """Something to look at: whom it is about, a photo of the first of them, how near, until when, and why."""

    workers: tuple[WorkerIdentity, ...]
    photo_id: int | None
    distance: Figure | None
    at: Moment | None
    reason: str | None

    @classmethod
    def of_finding(cls, finding: Finding, workers: Mapping[int, Worker]) -> Self:
        """With the names of those whom it is about."""
        about = tuple(WorkerIdentity.of(workers[worker_id]) for worker_id in finding.worker_ids)
        return cls.of(finding, workers=about)


class StepAnswer(Answer):
    """One step: what it did, in figures and notes. count: of all findings; the first of them are listed.
    code, reason: of what ended it."""

    name: str
    seconds: Figure
    figures: dict[str, float]
    notes: dict[str, str]
    count: int
    findings: tuple[FindingAnswer, ...]
    code: str | None
    reason: str | None

    @classmethod
    def of_step(cls, step: StepReport, workers: Mapping[int, Worker]) -> Self:
        """With the names of those whom it is about."""
        findings = tuple(FindingAnswer.of_finding(finding, workers) for finding in step.findings)
        figures = {name: value for name, value in step.figures.items() if isinstance(value, int | float)}
        notes = {name: value for name, value in step.figures.items() if isinstance(value, str)}
        return cls.of(step, figures=figures, notes=notes, findings=findings)


class NightAnswer(Answer):
    """What the nightly job did and saw, step by step."""

    holder: str
    began_at: Moment
    ended_at: Moment
    seconds: Figure
    steps: tuple[StepAnswer, ...]

    @classmethod
    def of_night(cls, report: NightReport, workers: Mapping[int, Worker]) -> Self:
        """workers: everybody whom it is about."""
        return cls.of(report, steps=tuple(StepAnswer.of_step(step, workers) for step in report.steps))


class LastNight(Answer):
    """The last night; null before the first."""

    night: NightAnswer | None


class RebuildAnswer(Answer):
    """What was made anew, `size` in bytes, null where nothing was; and the whole night.

    generation: just published; null with another engine than faiss. mended: references that were not what
    their templates give.
    """

    engine: str | None
    kind: str | None
    mended: int | None
    generation: str | None
    revision: int | None
    workers: int | None
    templates: int | None
    size: int | None
    seconds: float | None
    night: NightAnswer

    @classmethod
    def of_night(cls, report: NightReport, workers: Mapping[int, Worker]) -> Self:
        """As `NightAnswer.of_night`."""
        index = report.step("index")
        figures = {} if index is None else index.figures
        published = {name: figures.get(name) for name in cls.model_fields if name != "night"}
        return cls.model_validate({**published, "night": NightAnswer.of_night(report, workers)})
