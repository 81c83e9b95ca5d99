"""What tells a client that a worker is still as they read them."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus

from flask import Response, request

from facevec.presentation.answers.workers import WorkerDetails
from facevec.web.problems import Problem


def fingerprint(details: WorkerDetails) -> str:
    """Another one for other details."""
    return hashlib.sha256(json.dumps(details.document(), sort_keys=True).encode()).hexdigest()[:32]


def require_match(details: WorkerDetails) -> None:
    """Raises Problem 412 where the client's `If-Match` speaks of other details."""
    if request.if_match and not request.if_match.contains(fingerprint(details)):
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED,
            "worker_changed",
            "The worker was changed since you read them; read them again, then decide.",
        )


def tagged(response: Response, tag: str) -> Response:
    """With an ETag; an empty 304 when the client has this very answer."""
    response.set_etag(tag)
    response.make_conditional(request)
    return response
