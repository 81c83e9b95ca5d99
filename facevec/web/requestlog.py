"""One line a request. Never a name, a picture, or a path with an id."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import structlog
from flask import Response, request

from facevec.web import call

QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds by machines; logged only when they fail."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
OTHER_METHOD = "other"

log = structlog.get_logger("facevec.web")


def route() -> str:
    """The template of the route, so that no id is logged; empty when there is none."""
    return request.url_rule.rule if request.url_rule else ""


def method() -> str:
    """The request's method, or that it is another: a client may invent any number of them."""
    return request.method if request.method in METHODS else OTHER_METHOD


def finish(response: Response) -> Response:
    """Write the line, and tell the client the request's id."""
    notes = call.current()
    response.headers["X-Request-Id"] = notes.request_id
    if route() in QUIET and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return response
    write = log.warning if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else log.info
    write(
        "request",
        request_id=notes.request_id,
        method=method(),
        route=route(),
        status=response.status_code,
        ms=_milliseconds(notes.seconds),
        **_known(
            key=notes.key.id if notes.key else None,
            code=notes.code,
            faces=notes.faces,
            outcomes=dict(notes.outcomes) or None,
            stages={name: _milliseconds(seconds) for name, seconds in notes.stages.items()} or None,
            index_revision=notes.index_revision,
        ),
    )
    return response


def unexpected(error: BaseException) -> None:
    """A fault of ours: where it happened, without the message, which may quote what a client sent."""
    log.error(
        "unexpected",
        request_id=call.current().request_id,
        error=type(error).__name__,
        trace=trace(error),
    )


def trace(error: BaseException) -> list[str]:
    """Where an error happened; no values, which may be somebody's face."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def server_side(code: str, sentence: str) -> None:
    """What the client is not told of an error that is the server's to mend."""
    log.error("server_error", request_id=call.current().request_id, code=code, reason=sentence)


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _known(**fields: object) -> Mapping[str, object]:
    return {name: value for name, value in fields.items() if value is not None}
