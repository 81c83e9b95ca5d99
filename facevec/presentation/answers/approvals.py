"""What takes two people, and waits for the second."""

from __future__ import annotations

from pydantic import Field

from facevec.presentation.answers.base import Answer, Moment
from facevec.types import ApprovalState


class ApprovalAnswer(Answer):
    """Something that somebody asked for and that takes somebody else, too. By `key:ID` or `user:NAME`."""

    id: int
    deed: str
    worker_id: int | None
    content: dict[str, str] = Field(description="What it consists of, without what is personal.")
    whole: bool = Field(
        description="Whether `content` says all of it; otherwise whoever approves it has to send the same."
    )
    asked_by: str
    asked_at: Moment
    ends_at: Moment
    state: ApprovalState
    decided_by: str | None
    decided_at: Moment | None


class ApprovalsAnswer(Answer):
    """What waits, and what was decided and not yet done, oldest first."""

    approvals: tuple[ApprovalAnswer, ...]


class WithdrawnAnswer(Answer):
    """An asking that was taken back."""

    withdrawn: int = Field(description="The id of the approval.")
