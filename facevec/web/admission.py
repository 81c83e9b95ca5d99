"""What a server that reads bodies by itself asks beforehand: whether to read this one at all."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Request, Response

from facevec.types import ApiKey

ADMISSION = "facevec.admission"
"""Where a request of such a server carries it; with other servers there is none."""


@dataclass(slots=True)
class Admission:
    """A request that comes twice: once for its headers alone, and if a key was let in, with its body."""

    key: ApiKey | None = None


def of(request: Request) -> Admission | None:
    """The request's, if its server asks."""
    admission: Admission | None = request.environ.get(ADMISSION)
    return admission


def go_on() -> Response:
    """The answer to headers that will do: read the body and come again."""
    return Response(status=HTTPStatus.CONTINUE)


def is_go_on(response: Response) -> bool:
    """Whether nothing was answered yet."""
    return response.status_code == HTTPStatus.CONTINUE
