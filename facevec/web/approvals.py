"""Two keys for what changes who a worker is, where the settings want it so."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus

import structlog

from facevec.web import call
from facevec.web.problems import Problem
from facevec.web.service import Service

log = structlog.get_logger("facevec.web")


def require_second(service: Service, worker_id: int, deed: str, *content: str) -> None:
    """Let the second of two admin keys that ask for the same of a worker go on.

    content: what else makes it the same, such as the new name: nobody waits for another's asking to do
    something else with it. Raises Problem 403 for the first, and WorkerNotFound.
    """
    if not service.app.settings.enrolment.second_approver:
        return
    notes = call.current()
    key = notes.key.id if notes.key else ""
    first = service.app.approvals.ask(worker_id, _asked(deed, content), key)
    if first is None:
        log.warning("approval_asked", request_id=notes.request_id, key=key, worker_id=worker_id, deed=deed)
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "approval_needed",
            f"This takes two (enrolment.second_approver): it is noted that this key asks to {deed} worker "
            f"{worker_id}; the holder of another key with the scope admin has to send the same within a day.",
        )
    log.warning(
        "approval_given",
        request_id=notes.request_id,
        key=key,
        asked_by=first,
        worker_id=worker_id,
        deed=deed,
    )


def _asked(deed: str, content: tuple[str, ...]) -> str:
    """What is kept of an asking: the deed, and a hash of its content."""
    return f"{deed} {hashlib.sha256(json.dumps(content).encode()).hexdigest()}"
