"""That what takes two people is done once two asked for it."""

from __future__ import annotations

import structlog

from facevec.types import Asking
from facevec.usecases.approvals import as_noted, require_approved
from facevec.web import call
from facevec.web.service import Service

log = structlog.get_logger("facevec.web")


def require_second(service: Service, asking: Asking) -> None:
    """Let the request in hand go on where somebody else approved it, or where it takes one person.

    Raises ApprovalNeeded, ApprovalRefused, ApprovalInvalid, WorkerNotFound.
    """
    notes = call.current()
    approval = service.app.approval_desk.ask(asking, call.by())
    if approval is None:
        return
    notes.detail.update(as_noted(approval))
    log.warning(
        "approval_given" if approval.state == "approved" else "approval_asked",
        request_id=notes.request_id,
        key=notes.key.id if notes.key else None,
        approval=approval.id,
        asked_by=approval.asked_by,
        worker_id=approval.worker_id,
        deed=approval.deed,
    )
    require_approved(approval)
