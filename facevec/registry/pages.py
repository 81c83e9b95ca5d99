"""What the live view and the index are made of, some workers at a time: no writer waits for a reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, Select, select

from facevec.registry import history, marks
from facevec.registry.queries import portions
from facevec.registry.state import read_state
from facevec.registry.tables import TemplateRow, WorkerRow
from facevec.registry.templates import sound, usual_width
from facevec.types import NEVER, Page, Position, Terms, microseconds

WORKERS_A_PAGE = 1_000

_COLUMNS: list[Any] = [WorkerRow.id, WorkerRow.status, WorkerRow.consent_expires_at]
_WORKER: Select[Any] = select(*_COLUMNS)


def next_page(connection: Connection, contract: str, after_id: int, since: Position) -> Page:
    """The workers that follow `after_id`; none when that was the last.

    Raises RegistryReplaced where the registry never stood at `since`.
    """
    after = _WORKER.where(WorkerRow.id > after_id).order_by(WorkerRow.id).limit(WORKERS_A_PAGE)
    workers = connection.execute(after).all()
    templates: Sequence[Row[Any]] = ()
    if workers:
        these = TemplateRow.worker_id.between(workers[0].id, workers[-1].id)
        templates = _templates(connection, contract, these)
    return _page(connection, contract, since, workers, templates)


def page_of(connection: Connection, contract: str, worker_ids: Sequence[int], since: Position) -> Page:
    """Those of `worker_ids` that are enrolled. Raises as `next_page`."""
    workers: list[Row[Any]] = []
    templates: list[Row[Any]] = []
    for some in portions(sorted(worker_ids)):
        workers += connection.execute(_WORKER.where(WorkerRow.id.in_(some))).all()
        templates += _templates(connection, contract, TemplateRow.worker_id.in_(some))
    return _page(connection, contract, since, workers, templates)


def read_terms(connection: Connection) -> Terms:
    """Of everybody who may not be recognised for ever."""
    limited = (WorkerRow.status != "active") | WorkerRow.consent_expires_at.is_not(None)
    return _terms(connection.execute(_WORKER.where(limited)).all())


def _page(
    connection: Connection,
    contract: str,
    since: Position,
    workers: Sequence[Row[Any]],
    rows: Sequence[Row[Any]],
) -> Page:
    position = read_state(connection).position
    history.require_passed(connection, position, since)
    worker_ids = np.array([worker.id for worker in workers], np.int64)
    templates, set_aside = sound(connection, rows, usual_width(connection, contract))
    return Page(position, worker_ids, templates, _terms(workers), set_aside)


def _templates(connection: Connection, contract: str, chosen: ColumnElement[bool]) -> Sequence[Row[Any]]:
    rows = select(*marks.columns(TemplateRow)).where(TemplateRow.contract == contract, chosen)
    return connection.execute(rows.order_by(TemplateRow.worker_id, TemplateRow.id)).all()


def _terms(workers: Sequence[Row[Any]]) -> Terms:
    ends = []
    for worker in workers:
        if worker.status != "active":
            ends.append((worker.id, NEVER))
        elif worker.consent_expires_at is not None:
            ends.append((worker.id, microseconds(worker.consent_expires_at)))
    return Terms.of(ends)
