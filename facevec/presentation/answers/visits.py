"""When workers were seen who agreed to a record of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from facevec.presentation.answers.base import Answer, Figure, Moment
from facevec.types import Visit

if TYPE_CHECKING:
    from typing_extensions import Self


class VisitPoint(Answer):
    """What decided, with where each value came from."""

    match_threshold: Figure
    threshold_from: str
    min_margin: Figure
    margin_from: str


class VisitAnswer(Answer):
    """Sightings of a worker at a place, between which no pause was too long; of one day in UTC.

    by, request_id, distance, contract, point: of the first of them, whose picture it was and what decided.
    """

    id: int
    worker_id: int
    place: str
    first_at: Moment
    last_at: Moment
    sightings: int
    by: str
    request_id: str
    distance: Figure | None = Field(description="null unless the key has the scope `scores`.")
    contract: str
    point: VisitPoint

    @classmethod
    def of_visit(cls, visit: Visit, *, scores: bool = True) -> Self:
        """scores: whether who reads it may know distances."""
        first = visit.identification
        return cls.of(
            visit,
            by=first.by,
            request_id=first.request_id,
            distance=first.distance if scores else None,
            contract=first.contract,
            point=VisitPoint.model_validate(dict(first.point)),
        )


class VisitsAnswer(Answer):
    """Visits, the oldest first."""

    visits: tuple[VisitAnswer, ...]

    @classmethod
    def of_visits(cls, visits: Sequence[Visit]) -> Self:
        return cls(visits=tuple(VisitAnswer.of_visit(each) for each in visits))


class VisitPage(Answer):
    """A part of the list; next_cursor: null after the last."""

    visits: tuple[VisitAnswer, ...]
    next_cursor: str | None


class VisitsDestroyed(Answer):
    """How many visits were destroyed, and are kept still."""

    destroyed: int
    kept: int
