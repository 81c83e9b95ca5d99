"""Errors as RFC 9457 problem documents: a stable code, a sentence to act on, the request's id."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Response, json

from facevec.errors import ClaimsExhausted, FacevecError, RegistryBusy
from facevec.outcomes import outcome
from facevec.presentation.answers.base import LEFT_OUT
from facevec.presentation.answers.problems import ProblemAnswer, Reason

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:facevec:problem:"

RETRY_SECONDS = 5
"""When to come back after an error that may pass by itself."""

# What is wrong with the server is told to its log; a client learns what to do, not where files lie.
SERVER_SENTENCES = {
    "registry_unavailable": "The registry cannot be reached at the moment; try again later.",
    "registry_busy": "The registry is busy; try again in a moment.",
    "disk_full": "The disk of the service is full; whoever runs it has to free some space.",
    "registry_replaced": "The registry was replaced; what it holds now is read. Try again in a moment.",
    "schema_mismatch": "The registry needs `facevec db upgrade`; ask whoever runs the service.",
    "contract_mismatch": "The registry was enrolled with another model; ask whoever runs the service.",
    "index_invalid": "The index cannot be written at the moment; ask whoever runs the service.",
    "gallery_unavailable": "What searches among the workers is not there; ask whoever runs the service.",
    "memory_exhausted": "The service ran out of memory; send smaller pictures, fewer at a time, or later.",
    "model_missing": "The service has no model yet; whoever runs it can get one with `facevec models fetch`.",
}
OTHER_SENTENCE = "Something went wrong in the service; its log has more under this request id."


LONGEST_NAME = 200
"""So many characters of a name that a client sent are told it again."""


class Problem(Exception):  # noqa: N818  # RFC 9457's word for it
    """A request that is not answered as it was meant to be."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        reasons: Sequence[Reason] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.reasons = reasons
        self.headers = dict(headers or {})


def bad_request(detail: str, code: str = "input_invalid") -> Problem:
    """400."""
    return Problem(HTTPStatus.BAD_REQUEST, code, detail)


def too_large(detail: str) -> Problem:
    """413."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", detail)


def forbidden(detail: str) -> Problem:
    """403."""
    return Problem(HTTPStatus.FORBIDDEN, "forbidden", detail)


def shortened(name: str) -> str:
    """A name that a client sent, as it may stand in a sentence."""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def try_later(
    code: str, detail: str, seconds: float = 1.0, status: int = HTTPStatus.SERVICE_UNAVAILABLE
) -> Problem:
    """503 or another status, with when to come back."""
    return Problem(status, code, detail, headers={"Retry-After": str(math.ceil(seconds))})


def too_many(code: str, detail: str, seconds: float) -> Problem:
    """429, with when to come back."""
    return try_later(code, detail, seconds, HTTPStatus.TOO_MANY_REQUESTS)


def of_error(error: FacevecError) -> Problem:
    """The problem that an error of facevec is to a client."""
    status = outcome(error).http_status
    if isinstance(error, ClaimsExhausted):
        return try_later(error.code, str(error), error.seconds, status)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(status, error.code, str(error))
    detail = SERVER_SENTENCES.get(error.code, OTHER_SENTENCE)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return try_later(error.code, detail, 1 if isinstance(error, RegistryBusy) else RETRY_SECONDS)
    return Problem(status, error.code, detail)


def response(problem: Problem, request_id: str) -> Response:
    """The problem as a client receives it."""
    answer = ProblemAnswer.of(
        problem,
        reasons=problem.reasons or LEFT_OUT,
        type=TYPE_PREFIX + problem.code,
        title=problem.code.replace("_", " ").capitalize(),
        request_id=request_id,
    )
    return Response(
        json.dumps(answer.document()),
        status=int(problem.status),
        headers=problem.headers,
        content_type=MEDIA_TYPE,
    )
