"""What goes wrong between a client and the service."""

from __future__ import annotations

from .answers import ProblemAnswer, Reason


class ClientError(Exception):
    """Root of what the client raises."""


class Unreachable(ClientError):
    """Nobody answered: no network, no such host, a certificate nobody vouches for, or a time that ran out.

    Unless the request only reads, it may have been carried out all the same.
    """


class NotUnderstood(ClientError):
    """What answered is no facevec, or one of another version."""


class Problem(ClientError):
    """The service refused. `code` is stable and listed in docs/errors.md; the message says what to do.

    reasons: why each photo or parameter was refused. retry_after: seconds, where the service said when to
    come back.
    """

    def __init__(self, answer: ProblemAnswer, retry_after: float | None = None) -> None:
        super().__init__(answer.detail)
        self.answer = answer
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        return self.answer.code

    @property
    def status(self) -> int:
        """Of HTTP."""
        return self.answer.status

    @property
    def request_id(self) -> str:
        """Under which the log of the service has more."""
        return self.answer.request_id

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return self.answer.reasons
