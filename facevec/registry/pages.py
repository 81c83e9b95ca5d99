"""What the live view and the index are made of, some workers at a time: no writer waits for a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Connection, Row, Select, or_, select

from facevec.registry import history
from facevec.registry.columns import MAX_KEY
from facevec.registry.queries import portions
from facevec.registry.state import read_state
from facevec.registry.tables import TemplateRow, WorkerRow
from facevec.registry.templates import sound, template_rows, usual_width
from facevec.types import NEVER, Page, Position, TemplateKey, Terms, microseconds
from facevec.types.lazy_numpy import np

WORKERS_A_PAGE = 1_000

_NO_END = 2**63 - 1
_FOR_EVER = (NEVER, _NO_END)

_COLUMNS: list[Any] = [
    WorkerRow.id,
    WorkerRow.status,
    WorkerRow.consent_given_at,
    WorkerRow.consent_expires_at,
]
_WORKER: Select[Any] = select(*_COLUMNS)


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a worker's being recognised, beside their status. at: now, of which it is told whether a
    consent has begun."""

    at: datetime
    consent_required: bool = False


NO_LIMITS = Limits(datetime.max.replace(tzinfo=timezone.utc))
"""Of whom the terms are not looked at."""


def next_page(
    connection: Connection, contract: str, after_id: int, since: Position, limits: Limits = NO_LIMITS
) -> Page:
    """The workers that follow `after_id`; none when that was the last. Templates of nobody are set aside.

    Raises RegistryReplaced where the registry never stood at `since`.
    """
    after = _WORKER.where(WorkerRow.id > after_id).order_by(WorkerRow.id).limit(WORKERS_A_PAGE)
    workers = connection.execute(after).all()
    # Also those of nobody, wherever they lie: a page begins where the one before ended.
    through = workers[-1].id if workers else MAX_KEY
    these = TemplateRow.worker_id.between(after_id + 1 if after_id else -MAX_KEY, through)
    templates = template_rows(connection, contract, these)
    return _page(connection, contract, since, workers, templates, limits)


def page_of(
    connection: Connection,
    contract: str,
    worker_ids: Sequence[int],
    since: Position,
    limits: Limits = NO_LIMITS,
) -> Page:
    """Those of `worker_ids` that are enrolled. Raises as `next_page`."""
    workers: list[Row[Any]] = []
    templates: list[Row[Any]] = []
    for some in portions(sorted(worker_ids)):
        workers += connection.execute(_WORKER.where(WorkerRow.id.in_(some))).all()
        templates += template_rows(connection, contract, TemplateRow.worker_id.in_(some))
    return _page(connection, contract, since, workers, templates, limits)


def read_terms(connection: Connection, limits: Limits) -> Terms:
    """Of everybody who may not be recognised from now on for ever."""
    given_at = WorkerRow.consent_given_at
    limited = or_(
        WorkerRow.status != "active",
        WorkerRow.consent_expires_at.is_not(None),
        given_at > limits.at,
        *([given_at.is_(None)] if limits.consent_required else []),
    )
    return _terms(connection.execute(_WORKER.where(limited)).all(), limits)


def _page(
    connection: Connection,
    contract: str,
    since: Position,
    workers: Sequence[Row[Any]],
    rows: Sequence[Row[Any]],
    limits: Limits,
) -> Page:
    position = read_state(connection).position
    history.require_passed(connection, position, since)
    worker_ids = [worker.id for worker in workers]
    enrolled = {*worker_ids}
    theirs = [row for row in rows if row.worker_id in enrolled]
    templates, set_aside = sound(connection, theirs, usual_width(connection, contract))
    nobodys = tuple(TemplateKey(row.worker_id, row.photo_id) for row in rows if row.worker_id not in enrolled)
    terms = _terms(workers, limits)
    return Page(position, np.array(worker_ids, np.int64), templates, terms, set_aside + nobodys)


def _terms(workers: Sequence[Row[Any]], limits: Limits) -> Terms:
    terms = ((worker.id, *_term(worker, limits)) for worker in workers)
    return Terms.between([term for term in terms if term[1:] != _FOR_EVER])


def _term(worker: Row[Any], limits: Limits) -> tuple[int, int]:
    """From when until when they may be recognised."""
    given_at, expires_at = worker.consent_given_at, worker.consent_expires_at
    if worker.status != "active" or (given_at is None and limits.consent_required):
        return NEVER, NEVER
    start = microseconds(given_at) if given_at is not None and given_at > limits.at else NEVER
    return start, _NO_END if expires_at is None else microseconds(expires_at)
