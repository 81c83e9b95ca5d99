"""What takes two people to be done: who asked for it, and what somebody else said.

An asking ends after a day, with the key that asked for it, and when the registry comes back from a backup.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, select

from facevec.decision.clocks import SOON
from facevec.decision.persons import objection, scope_of
from facevec.errors import ApprovalInvalid, ApprovalNotFound
from facevec.ports import Clock, utc_now
from facevec.registry import marks, queries
from facevec.registry.engine import reading, writing
from facevec.registry.parties import read_party
from facevec.registry.rows import insert_marked, update_marked
from facevec.registry.state import read_state, take_turn
from facevec.registry.tables import ApprovalRow
from facevec.types import Approval, ApprovalState, Asking, Deed

LASTS = timedelta(hours=24)
"""So long somebody else has time."""

MOST = 200
"""So many of one may wait; who asks for more is told to withdraw some."""


class SqlApprovals:
    """`ports.Approvals` beside the workers, in the same database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def ask(self, deed: Deed, asking: Asking, by: str) -> Approval:
        at = self._clock()
        with writing(self._engine) as connection:
            take_turn(connection)  # two who ask at once come in turn
            if asking.worker_id is not None:
                queries.read_worker(connection, asking.worker_id)
            waiting = _swept(connection, at)
            digest = _digest(connection, deed, asking)
            same = [row for row in waiting if row.digest == digest]
            for row in same:
                decided = self._approval_of(connection, row, by, at)
                if decided is not None:
                    connection.execute(delete(ApprovalRow).where(ApprovalRow.id == row.id))
                    return decided
            own = next((row for row in same if row.asked_by == by), None)
            if own is not None and own.state != "approved":
                return _approval(own)
            if own is not None:  # by somebody whose key was revoked since
                connection.execute(delete(ApprovalRow).where(ApprovalRow.id == own.id))
            return _noted(connection, deed, asking, digest, by, at)

    def _approval_of(self, connection: Connection, row: Row[Any], by: str, at: datetime) -> Approval | None:
        """The asking of `row`, approved: by somebody else before, or by whoever asks for the same now."""
        if row.asked_by == by:
            decider = row.decided_by if row.state == "approved" else None
        else:
            decider = by if row.state != "refused" else None
        if decider is None or _objection(connection, row, decider, at) is not None:
            return None
        return _approval(row, state="approved", decided_by=decider, decided_at=row.decided_at or at)

    def listed(self) -> tuple[Approval, ...]:
        at = self._clock()
        with reading(self._engine) as connection:
            return tuple(_approval(row) for row in _counting(connection, _rows(connection), at))

    def decide(self, approval_id: int, by: str, *, approved: bool) -> Approval:
        at = self._clock()
        with writing(self._engine) as connection:
            take_turn(connection)
            row = _row(connection, approval_id, at)
            if row.state != "waiting":
                raise ApprovalInvalid(f"Approval {row.id} was {row.state} by {row.decided_by} already.")
            reason = _objection(connection, row, by, at) if approved else _may_not(connection, row, by, at)
            if reason is not None:
                raise ApprovalInvalid(reason)
            if approved and not row.whole:
                raise ApprovalInvalid(
                    f"What approval {row.id} consists of is not kept, so nobody could know what they "
                    f"approve: whoever approves it does the same ({row.deed})."
                )
            state: ApprovalState = "approved" if approved else "refused"
            decided = {"state": state, "decided_by": by, "decided_at": at}
            update_marked(connection, ApprovalRow, row._mapping, decided)
            return _approval(_row(connection, row.id, at))

    def withdraw(self, approval_id: int, by: str) -> Approval:
        with writing(self._engine) as connection:
            take_turn(connection)
            row = _row(connection, approval_id, self._clock())
            if row.asked_by != by:
                raise ApprovalInvalid(f"Approval {row.id} was asked for by somebody else; refuse it instead.")
            connection.execute(delete(ApprovalRow).where(ApprovalRow.id == row.id))
            return _approval(row)


def _noted(
    connection: Connection, deed: Deed, asking: Asking, digest: str, by: str, at: datetime
) -> Approval:
    own = select(func.count()).where(ApprovalRow.asked_by == by)
    if (connection.scalar(own) or 0) >= MOST:
        raise ApprovalInvalid(f"{MOST} approvals that you asked for wait already; withdraw some.")
    row = {
        "epoch": read_state(connection).position.epoch,
        "deed": deed,
        "worker_id": asking.worker_id,
        "content": dict(asking.shown),
        "whole": not asking.hidden,
        "digest": digest,
        "asked_by": by,
        "asked_at": at,
        "state": "waiting",
        "decided_by": None,
        "decided_at": None,
    }
    return _approval(_row(connection, insert_marked(connection, ApprovalRow, row), at))


def _rows(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(ApprovalRow.__table__).order_by(ApprovalRow.id)))


def _row(connection: Connection, approval_id: int, at: datetime) -> Row[Any]:
    """The asking of that id that still counts. Raises ApprovalNotFound."""
    chosen = select(ApprovalRow.__table__).where(ApprovalRow.id == approval_id)
    counting = _counting(connection, connection.execute(chosen).all(), at)
    if not counting:
        raise ApprovalNotFound(
            f"No approval {approval_id} waits: it was used, withdrawn, or ended; `facevec approvals list` "
            "shows those that do."
        )
    return counting[0]


def _counting(connection: Connection, rows: Sequence[Row[Any]], at: datetime) -> list[Row[Any]]:
    """Those that are as facevec wrote them, of this registry as it is now, of these hours, and by somebody
    who may still ask."""
    epoch = read_state(connection).position.epoch
    askers = {row.asked_by for row in rows}
    may_ask = {by for by in askers if read_party(connection, by, at) is not None}
    return [
        row
        for row in rows
        if marks.holds(connection, ApprovalRow, row)
        and row.epoch == epoch
        and at - LASTS < row.asked_at <= at + SOON
        and row.asked_by in may_ask
    ]


def _swept(connection: Connection, at: datetime) -> list[Row[Any]]:
    """Those that count; the others are deleted."""
    rows = _rows(connection)
    counting = _counting(connection, rows, at)
    ended = {row.id for row in rows} - {row.id for row in counting}
    if ended:
        connection.execute(delete(ApprovalRow).where(ApprovalRow.id.in_(ended)))
    return counting


def _objection(connection: Connection, row: Row[Any], by: str, at: datetime) -> str | None:
    """Why `by` cannot approve it now; None where they can."""
    asker, decider = read_party(connection, row.asked_by, at), read_party(connection, by, at)
    if asker is None or decider is None or not decider.may(scope_of(row.deed)):
        return _may_not(connection, row, by, at) or "Who asked for it cannot any more."
    # Whoever asked first with another key made this one for it.
    same = select(func.min(ApprovalRow.asked_at)).where(ApprovalRow.digest == row.digest)
    return objection(asker, decider, connection.scalar(same) or row.asked_at)


def _may_not(connection: Connection, row: Row[Any], by: str, at: datetime) -> str | None:
    """Why `by` cannot refuse it; None where they can."""
    decider = read_party(connection, by, at)
    if decider is None or not decider.may(scope_of(row.deed)):
        return f"Deciding about it takes a key with the scope {scope_of(row.deed)}."
    return "You asked for it yourself; withdraw it." if row.asked_by == by else None


def _digest(connection: Connection, deed: Deed, asking: Asking) -> str:
    """Keyed: nobody guesses a name by it."""
    content = [deed, asking.worker_id, sorted(asking.shown.items()), list(asking.hidden)]
    return marks.key_of(connection).mark("asking", [json.dumps(content).encode()]).hex()


def _approval(row: Row[Any], **decided: Any) -> Approval:  # noqa: ANN401  # of the fields that were decided
    return Approval(
        **{
            "id": row.id,
            "deed": row.deed,
            "worker_id": row.worker_id,
            "content": row.content,
            "whole": row.whole,
            "asked_by": row.asked_by,
            "asked_at": row.asked_at,
            "ends_at": row.asked_at + LASTS,
            "state": row.state,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at,
            **decided,
        }
    )
