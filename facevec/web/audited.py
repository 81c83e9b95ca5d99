"""That a request is recorded, whatever became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from flask import request

from facevec.errors import FacevecError
from facevec.types import AuditEvent
from facevec.web import call
from facevec.web.address import client_address
from facevec.web.problems import Problem
from facevec.web.service import Service

OF_NOBODY = frozenset({"place_labels", "show_index", "show_models", "list_consent_texts"})
"""Operations that tell nothing of anybody, and change nothing."""

OTHER = "other"
"""A purpose that is none of the known."""


@contextmanager
def audited(service: Service, operation: str, worker_id: int | None) -> Iterator[None]:
    """Record what the block does. worker_id: whom the path names.

    Raises AuditUnavailable before the block where it could not be recorded, or after it where it was not,
    if the settings want no answer then.
    """
    if operation in OF_NOBODY:
        yield
        return
    trail = service.app.audit
    trail.require()
    outcome = "internal"
    try:
        yield
        outcome = "ok"
    except (Problem, FacevecError) as error:
        outcome = error.code
        raise
    finally:
        _record(service, operation, worker_id, outcome)


@contextmanager
def refusals_audited(service: Service, operation: str, worker_id: int | None) -> Iterator[None]:
    """Record that the block refuses what a valid key asks for, as `audited` does."""
    try:
        yield
    except Problem as error:
        if call.current().key is not None and operation not in OF_NOBODY:
            _record(service, operation, worker_id, error.code)
        raise


def _record(service: Service, operation: str, worker_id: int | None, outcome: str) -> None:
    notes = call.current()
    if worker_id is not None:
        notes.worker_ids.add(worker_id)
    worker_ids, detail = notes.account()
    service.app.audit.record(
        AuditEvent(
            what=operation,
            by=call.by(),
            source=client_address(request, service.proxies),
            request_id=notes.request_id,
            purpose=_purpose(notes.purpose, service.app.settings.audit.purposes),
            outcome=outcome,
            worker_ids=worker_ids,
            detail=detail,
        )
    )


def _purpose(sent: str | None, known: Collection[str]) -> str | None:
    """What a caller wrote, which may be somebody's name; or one of those that are `known`, where any are."""
    return sent if sent is None or not known or sent in known else OTHER
