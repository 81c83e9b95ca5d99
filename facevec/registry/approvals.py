"""What takes two keys to be done to a worker: who asked for it first."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, delete, insert, select

from facevec.ports import Clock, utc_now
from facevec.registry import marks, queries
from facevec.registry.engine import writing
from facevec.registry.state import take_turn
from facevec.registry.tables import ApprovalRow

LASTS = timedelta(hours=24)
"""So long the second has time."""


class SqlApprovals:
    """`ports.Approvals` beside the workers, in the same database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, worker_id: int, deed: str, key_id: str) -> str | None:
        at = self._clock()
        chosen = (ApprovalRow.worker_id == worker_id) & (ApprovalRow.deed == deed)
        with writing(self._engine) as connection:
            take_turn(connection)  # two who ask at once come in turn
            queries.read_worker(connection, worker_id)
            first = connection.execute(select(ApprovalRow.__table__).where(chosen)).one_or_none()
            connection.execute(delete(ApprovalRow).where(chosen | (ApprovalRow.at <= at - LASTS)))
            if (
                first is not None
                and first.key_id != key_id
                and first.at > at - LASTS
                and marks.holds(connection, ApprovalRow, first)
            ):
                return str(first.key_id)
            row = {"worker_id": worker_id, "deed": deed, "key_id": key_id, "at": at}
            connection.execute(insert(ApprovalRow).values(marks.marked(connection, ApprovalRow, row)))
        return None
