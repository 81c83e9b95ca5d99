"""Identifications that people confirm or reject: kept until they end, and with the worker's face at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Engine, Row, Select, delete, func, select

from facevec.decision.clocks import SOON
from facevec.decision.persons import Party, objection
from facevec.errors import ReviewInvalid, no_review
from facevec.ports import Clock, utc_now
from facevec.registry import marks, queries
from facevec.registry.engine import reading, writing
from facevec.registry.parties import read_party
from facevec.registry.rows import insert_marked, update_marked
from facevec.registry.state import read_state, take_turn
from facevec.registry.tables import PhotoRow, ReviewRow, WorkerRow
from facevec.types import Review, ReviewState, Unconfirmed

MOST_LISTED = 200

_ROWS: Select[Any] = select(ReviewRow.__table__).order_by(ReviewRow.id)

_FIELDS = tuple(each.name for each in fields(Unconfirmed))


class SqlReviews:
    """`ports.Reviews` beside the workers, in the same database.

    persons: how many confirm. lasts: how long they have for it. consent_required: as of the registry.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock = utc_now,
        *,
        persons: int = 1,
        lasts: timedelta = timedelta(hours=1),
        consent_required: bool = False,
    ) -> None:
        self._engine, self._clock = engine, clock
        self._persons, self._lasts = persons, lasts
        self._consent_required = consent_required
        self._active = queries.active(self._recognizable(queries.AT))

    def add(self, identifications: Sequence[Unconfirmed]) -> tuple[Review, ...]:
        at = self._clock()
        with writing(self._engine) as connection:
            take_turn(connection)
            rest = {
                "epoch": read_state(connection).position.epoch,
                "asked_at": at,
                "ends_at": at + self._lasts,
                "persons": self._persons,
                "state": "pending",
                "confirmed_by": [],
                "decided_by": None,
                "decided_at": None,
            }
            asked = {one.worker_id for one in identifications}
            chosen = select(WorkerRow.id).where(WorkerRow.id.in_(asked), self._recognizable(at))
            known = set(connection.scalars(chosen))
            ids = [
                insert_marked(connection, ReviewRow, {**asdict(one), **rest})
                for one in identifications
                if one.worker_id in known
            ]
            return tuple(_review(row, at) for row in connection.execute(_ROWS.where(ReviewRow.id.in_(ids))))

    def pending(self) -> tuple[Review, ...]:
        at = self._clock()
        # One key that asks without an end hides nobody whom others saw.
        turn = func.row_number().over(partition_by=ReviewRow.asked_by, order_by=ReviewRow.id)
        chosen = (
            select(ReviewRow.__table__)
            .join(WorkerRow.__table__, WorkerRow.id == ReviewRow.worker_id)
            .where(*_waiting(at), self._recognizable(at))
            .order_by(turn, ReviewRow.id)
            .limit(MOST_LISTED)
        )
        with reading(self._engine) as connection:
            rows = sorted(connection.execute(chosen), key=lambda row: int(row.id))
            return tuple(_review(row, at) for row in _counting(connection, rows))

    def count(self) -> int:
        chosen = select(func.count()).where(*_waiting(self._clock()))
        with reading(self._engine) as connection:
            return int(connection.scalar(chosen) or 0)

    def review(self, review_id: int) -> Review:
        with reading(self._engine) as connection:
            return _review(_read(connection, review_id), self._clock())

    def of_worker(self, worker_id: int) -> tuple[Review, ...]:
        at = self._clock()
        chosen = _ROWS.where(ReviewRow.worker_id == worker_id)
        with reading(self._engine) as connection:
            return tuple(_review(row, at) for row in connection.execute(chosen))

    def decide(self, review_id: int, by: str, *, confirmed: bool) -> Review:
        at = self._clock()
        with writing(self._engine) as connection:
            take_turn(connection)
            row = _read(connection, review_id)
            review = _review(row, at)
            if review.state != "pending":
                ended = f"was {review.state} by {review.decided_by}" if review.decided_by else "has ended"
                raise ReviewInvalid(f"Review {review_id} {ended} already.")
            reason = self._may_not(connection, review, by, at, confirmed=confirmed)
            if reason is not None:
                raise ReviewInvalid(reason)
            people = (*review.confirmed_by, by) if confirmed else review.confirmed_by
            waits = confirmed and len(people) < review.persons
            state = "pending" if waits else "confirmed" if confirmed else "rejected"
            changes = {"state": state, "confirmed_by": list(people), "decided_by": by, "decided_at": at}
            update_marked(connection, ReviewRow, row._mapping, changes)
            return _review(_read(connection, review_id), at)

    def sweep(self) -> int:
        with writing(self._engine) as connection:
            take_turn(connection)
            epoch = read_state(connection).position.epoch
            past = (ReviewRow.ends_at <= self._clock()) | (ReviewRow.epoch != epoch)
            return connection.execute(delete(ReviewRow).where(past)).rowcount

    def _may_not(
        self, connection: Connection, review: Review, by: str, at: datetime, *, confirmed: bool
    ) -> str | None:
        """Why `by` cannot decide so; None where they can."""
        decider = read_party(connection, by, at)
        if decider is None or not decider.may("review"):
            return "Deciding about it takes a key with the scope review."
        if not confirmed:
            return None
        if not queries.read_active(connection, [review.identification.worker_id], self._active, at):
            return "This worker is not to be recognised any more, so nobody confirms that it is them."
        others = (read_party(connection, other, at) for other in review.confirmed_by)
        return next(filter(None, (_not_two(other, decider, review.asked_at) for other in others)), None)

    def _recognizable(self, at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
        """Who is to be recognised, and by some photo still."""
        by_photo = select(PhotoRow.id).where(PhotoRow.worker_id == WorkerRow.id).exists()
        return queries.recognizable(at, consent_required=self._consent_required) & by_photo


def _not_two(other: Party | None, decider: Party, at: datetime) -> str | None:
    if other is None:
        return "The key by which it was confirmed first has ended; reject it, and have it recognised again."
    return objection(other, decider, at)


def _read(connection: Connection, review_id: int) -> Row[Any]:
    """The review of that id that counts. Raises ReviewNotFound."""
    counting = _counting(connection, connection.execute(_ROWS.where(ReviewRow.id == review_id)).all())
    if not counting:
        raise no_review(review_id)
    return counting[0]


def _counting(connection: Connection, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Those that are as facevec wrote them, in the registry as it is now."""
    epoch = read_state(connection).position.epoch
    return [row for row in rows if row.epoch == epoch and marks.holds(connection, ReviewRow, row)]


def _waiting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Pending, as `_review` has it."""
    return ReviewRow.state == "pending", ReviewRow.ends_at > at, ReviewRow.asked_at <= at + SOON


def _review(row: Row[Any], at: datetime) -> Review:
    # By a clock that went back nobody has longer for it.
    ended = row.ends_at <= at or row.asked_at > at + SOON
    state: ReviewState = "expired" if row.state == "pending" and ended else row.state
    return Review(
        id=row.id,
        identification=Unconfirmed(**{name: getattr(row, name) for name in _FIELDS}),
        asked_at=row.asked_at,
        ends_at=row.ends_at,
        state=state,
        persons=row.persons,
        confirmed_by=tuple(row.confirmed_by),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
