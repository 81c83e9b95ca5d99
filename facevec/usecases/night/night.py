"""What the steps of a night work with, and what each gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from facevec.decision.clocks import leap
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import EnrolmentRules
from facevec.ports import ContractCensus, LiveGallery, Moments, Registry, Visits
from facevec.types import (
    AuditUpkeep,
    ConsentCounts,
    Figure,
    Finding,
    MeasuredScale,
    ModelChange,
    RegistryState,
)
from facevec.usecases.night.neighbours import Neighbours, neighbours_of_all
from facevec.usecases.rebuild import RebuildReport
from facevec.usecases.retention import RetentionReport
from facevec.usecases.standing import Standing


@dataclass(frozen=True, slots=True)
class StepResult:
    """figures: what was done, in numbers. findings: what somebody should look at."""

    figures: Mapping[str, Figure] = field(default_factory=dict)
    findings: Sequence[Finding] = ()


class Step(Protocol):
    """One step of the night. Raises FacevecError; the steps after it are taken all the same."""

    def __call__(self, night: Night) -> StepResult: ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What decides who is whom in today's gallery, at enrolment and at recognition."""

    rules: EnrolmentRules
    point: OperatingPoint


@dataclass(frozen=True)
class Night:
    """One run of the job, over the registry as it stands.

    now: when it began. rebuild, view: the gallery engine's; a view is of a contract and its vectors' length.
    thresholds_of: None where the model's distances are not known here. faults: what is damaged in the
    database. measure_own, retention: as the use cases, the latter at a moment. consent_required: nobody is
    recognised without one. after_consent: as `ports.Kept`. finish_removals: how much of each kind went.
    cut_change_log: how many changes did. audit: with whether what is too old goes. sweep_reviews: how many
    have ended. visit_days: how long visits are kept. trust_clock: an operator says that `now` is right. No
    networks are loaded.
    """

    now: datetime
    registry: Registry
    census: ContractCensus
    rebuild: Callable[[], RebuildReport | None]
    view: Callable[[str, int], LiveGallery]
    thresholds_of: Callable[[], Thresholds | None]
    standing: Callable[[], Standing | None]
    faults: Callable[[], Sequence[str]]
    measure_own: Callable[[], MeasuredScale | None]
    model_change: Callable[[], ModelChange | None]
    retention: Callable[[datetime], RetentionReport]
    consent_counts: Callable[[], ConsentCounts]
    after_consent: Callable[[datetime], Sequence[int]]
    consent_required: bool
    ledger_faults: Callable[[], Sequence[str]]
    finish_removals: Callable[[], Mapping[str, int]]
    cut_change_log: Callable[[], int]
    audit: Callable[[bool], AuditUpkeep]
    sweep_reviews: Callable[[], int]
    visits: Visits
    visit_days: int
    moments: Moments
    trust_clock: bool = False

    @cached_property
    def state(self) -> RegistryState:
        """What the registry was when it was first asked."""
        return self.registry.state()

    @cached_property
    def leap(self) -> tuple[datetime, datetime] | None:
        """Between which moments the clock may have leapt ahead; None where it may be believed."""
        return None if self.trust_clock else leap(self.moments.recorded(), self.now)

    def believe(self) -> None:
        """Record that it is `now`."""
        (self.moments.trust if self.trust_clock else self.moments.believe)(self.now)

    @cached_property
    def thresholds(self) -> Thresholds | None:
        """See `thresholds_of`."""
        return self.thresholds_of()

    @cached_property
    def neighbours(self) -> Neighbours:
        """Who is nearest to each worker: searched for once, and looked at by several steps."""
        return neighbours_of_all(self.registry, self.state.contract, self.view)


NOT_KNOWN = StepResult({"skipped": "the distances of the model are not known here"})
"""Of a step that needs `Night.thresholds` and has none."""
