"""Leases in SQL: who does what only one may do, on whatever machine.

On PostgreSQL the server's clock says when a lease ends, so it does not matter what the machines' clocks show.
A SQLite database is used from one machine alone, and that one's clock counts.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, text, update

from facevec.dates import in_words
from facevec.errors import JobRunning
from facevec.ports import Clock, utc_now
from facevec.registry.engine import writing
from facevec.registry.state import take_turn
from facevec.registry.tables import LeaseRow
from facevec.types import Lease

LASTS = timedelta(minutes=2)
"""So long after it was last renewed a lease ends: whoever held it crashed."""


class SqlLeases:
    """`ports.Leases` beside the workers, in the same database."""

    def __init__(self, engine: Engine, clock: Clock = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def take(self, name: str, holder: str) -> Lease:
        lease = Lease(name, holder, secrets.token_hex(16))
        with writing(self._engine) as connection:
            now = self._now(connection)
            row = connection.execute(select(LeaseRow.__table__).where(LeaseRow.name == name)).one_or_none()
            if row is not None and _is_held(row, now):
                raise JobRunning(
                    f"{row.holder} is at it ({name}) since {in_words(row.taken_at)}; wait for it to end. "
                    f"Should it have crashed, its lease ends by itself, within {LASTS.seconds // 60} minutes."
                )
            connection.execute(delete(LeaseRow).where(LeaseRow.name == name))
            held = {"holder": holder, "token": lease.token, "taken_at": now, "until": now + LASTS}
            connection.execute(insert(LeaseRow).values({"name": name, **held}))
        return lease

    def renew(self, lease: Lease) -> None:
        with writing(self._engine) as connection:
            renewed = update(LeaseRow).where(_own(lease)).values(until=self._now(connection) + LASTS)
            if connection.execute(renewed).rowcount == 0:
                raise JobRunning(
                    f"{lease.holder} did not renew its lease ({lease.name}) in time, and somebody else took "
                    "it; what was done by then stays."
                )

    def release(self, lease: Lease) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(LeaseRow).where(_own(lease)))

    def _now(self, connection: Connection) -> datetime:
        """The moment, once everybody else who takes or renews a lease has come to an end."""
        if connection.dialect.name != "postgresql":
            return self._clock()
        take_turn(connection)
        now: datetime = connection.scalars(text("SELECT clock_timestamp()")).one()
        return now.astimezone(timezone.utc)


def _is_held(row: Row[Any], now: datetime) -> bool:
    """One that ends later than a lease taken now was taken under a clock that was ahead."""
    return bool(now < row.until <= now + LASTS)


def _own(lease: Lease) -> Any:  # noqa: ANN401  # SQLAlchemy's condition
    return (LeaseRow.name == lease.name) & (LeaseRow.token == lease.token)
