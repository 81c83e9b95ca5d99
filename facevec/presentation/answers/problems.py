"""What went wrong: with a request, with a command, with one picture or photo of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facevec.errors import FacevecError
from facevec.presentation.answers.base import Answer, Figure

if TYPE_CHECKING:
    from typing_extensions import Self


class ErrorFound(Answer):
    """Why a picture of several could not be used."""

    code: str
    message: str

    @classmethod
    def of_error(cls, error: FacevecError) -> Self:
        """Its stable code and its sentence."""
        return cls(code=error.code, message=str(error))


class ErrorAnswer(Answer):
    """Why a command could not do what it was asked for."""

    error: ErrorFound


class Reason(Answer):
    """A photo that was refused, or a parameter that is wrong.

    worker_id, distance: whose face it is and how near, where that is the reason.
    """

    source: str
    code: str
    reason: str
    worker_id: int | None = None
    distance: Figure | None = None


class ProblemAnswer(Answer):
    """RFC 9457. `code` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    reasons: tuple[Reason, ...] = ()
