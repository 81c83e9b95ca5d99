"""A change of a worker: a revision of which the log tells, and that the references follow."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from facevec.registry import history, references


def log(connection: Connection, worker_id: int, kind: str, at: datetime) -> None:
    """Of a transaction that has changed a worker, and whose revision was taken."""
    before = history.append(connection, worker_id, kind, at)
    references.follow(connection, worker_id, before)


def log_another(connection: Connection, worker_id: int, kind: str, at: datetime) -> None:
    """As `log`, with a revision of its own."""
    history.advance(connection)
    log(connection, worker_id, kind, at)
