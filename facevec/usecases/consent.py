"""Ending a worker's consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from facevec.errors import WorkerError
from facevec.ports import Consents
from facevec.types import Worker


def withdraw_consent(registry: Consents, worker_id: int, now: datetime) -> Worker:
    """End the worker's consent `now`: nothing names them any more, and the record says until when it held.

    Raises WorkerNotFound, and WorkerError when no consent is recorded: without one there is nothing
    that could end.
    """
    worker = registry.worker(worker_id)
    consent = worker.consent
    if consent is None:
        raise WorkerError(
            f"No consent of worker {worker_id} is recorded, so none can be withdrawn; "
            "`facevec worker remove` makes facevec forget them."
        )
    if consent.expires_at is not None and consent.expires_at <= now:
        return worker
    return registry.set_consent(worker_id, replace(consent, expires_at=now))
