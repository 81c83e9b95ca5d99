"""Identifications that people confirm or reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from facevec.presentation.answers.base import Answer, Figure, Moment
from facevec.presentation.answers.workers import WorkerIdentity
from facevec.types import Review, ReviewState, Worker

if TYPE_CHECKING:
    from typing_extensions import Self


class ReviewAsked(Answer):
    """That people have to confirm who a face is before it counts."""

    id: int
    worker: WorkerIdentity
    state: ReviewState = Field(
        description="`expired`: nobody confirmed it in time, and it counts as rejected."
    )
    persons: int = Field(description="How many people have to confirm it.")
    ends_at: Moment


class ReviewAnswer(ReviewAsked):
    """An identification, and what people said of it. By `key:ID` or `user:NAME`."""

    face: int = Field(description="Its place among the faces of the answer, the first is 0.")
    distance: Figure = Field(description="Exact with the scope `scores`; otherwise `match_threshold`.")
    match_threshold: Figure
    contract: str
    index_revision: int
    picture: str = Field(description="What stands for the picture in the audit trail; it is not kept.")
    request_id: str | None
    asked_by: str
    asked_at: Moment
    confirmed_by: tuple[str, ...]
    decided_by: str | None
    decided_at: Moment | None

    @classmethod
    def of_review(cls, review: Review, worker: Worker, *, scores: bool = True) -> Self:
        """scores: False says no more of the distance than that it was near enough."""
        one = review.identification
        threshold = one.point["match_threshold"]
        return cls.of(
            review,
            worker=worker,
            face=one.face,
            distance=one.distance if scores else threshold,
            match_threshold=threshold,
            contract=one.contract,
            index_revision=one.revision,
            picture=one.picture,
            request_id=one.request_id,
            asked_by=one.asked_by,
        )


class ReviewsAnswer(Answer):
    """Identifications that wait for people, oldest first."""

    reviews: tuple[ReviewAnswer, ...]
