"""Leases in SQL: who does what only one may do, on whatever machine.

When a lease ends is told by a clock that nobody sets. On PostgreSQL that is the server's, so it does not
matter what the machines' clocks show. A SQLite database is used from one machine alone: there it is how long
that has been awake since it was started, which all of its processes agree on.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, text, update

from facevec.dates import in_words
from facevec.errors import JobRunning
from facevec.ports import Clock, utc_now
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import LeaseRow
from facevec.types import Lease

LASTS = 120.0
"""Seconds after it was last renewed until a lease ends: whoever held it crashed."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_SERVERS = "server"


@dataclass(frozen=True, slots=True)
class _Moment:
    """So many seconds on a clock: two of the same name may be compared."""

    clock: str
    seconds: float


class SqlLeases:
    """`ports.Leases` beside the workers, in the same database.

    awake: seconds that this machine has been awake, from whatever beginning, to all of its processes alike.
    """

    def __init__(
        self, engine: Engine, clock: Clock = utc_now, awake: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._awake = awake

    def take(self, name: str, holder: str) -> Lease:
        lease = Lease(name, holder, secrets.token_hex(16))
        with writing(self._engine) as connection:
            now = self._now(connection)
            row = connection.execute(select(LeaseRow.__table__).where(LeaseRow.name == name)).one_or_none()
            held = row is not None and row.clock == now.clock and now.seconds < row.until
            if row is None or not held:
                connection.execute(delete(LeaseRow).where(LeaseRow.name == name))
                columns = {"holder": holder, "token": lease.token, "taken_at": self._clock()}
                connection.execute(insert(LeaseRow).values({"name": name, **columns, **_ends(now)}))
                return lease
            if row.until > now.seconds + LASTS:
                # The clock went back since. Whoever holds it will renew it, unless they crashed.
                connection.execute(update(LeaseRow).where(LeaseRow.name == name).values(_ends(now)))
        raise JobRunning(
            f"{row.holder} is at it ({name}) since {in_words(row.taken_at)}; wait for it to end. "
            f"Should it have crashed, its lease ends by itself, within {LASTS / 60:.0f} minutes."
        )

    def renew(self, lease: Lease) -> None:
        with writing(self._engine) as connection:
            renewed = update(LeaseRow).where(_own(lease)).values(_ends(self._now(connection)))
            if connection.execute(renewed).rowcount == 0:
                raise _lost(lease)

    def require(self, lease: Lease) -> None:
        with reading(self._engine) as connection:
            if connection.scalar(select(LeaseRow.name).where(_own(lease))) is None:
                raise _lost(lease)

    def release(self, lease: Lease) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(LeaseRow).where(_own(lease)))

    def _now(self, connection: Connection) -> _Moment:
        """The moment, once everybody else who takes or renews a lease has come to an end."""
        if connection.dialect.name != "postgresql":
            return _Moment(_this_start(), self._awake())
        take_turn(connection)
        seconds = connection.scalars(text("SELECT extract(epoch FROM clock_timestamp())")).one()
        return _Moment(_SERVERS, float(seconds))


@cache
def _this_start() -> str:
    """Names this start of the machine, where it has a name: a lease of an earlier one counts for nothing."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "machine"


def _ends(now: _Moment) -> dict[str, Any]:
    """Of a lease that is taken or renewed now."""
    return {"clock": now.clock, "until": now.seconds + LASTS}


def _lost(lease: Lease) -> JobRunning:
    return JobRunning(
        f"{lease.holder} did not renew its lease ({lease.name}) in time, and somebody else took it; what was "
        "done by then stays."
    )


def _own(lease: Lease) -> Any:  # noqa: ANN401  # SQLAlchemy's condition
    return (LeaseRow.name == lease.name) & (LeaseRow.token == lease.token)
