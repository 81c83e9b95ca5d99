"""Which moments the registry recorded: what a clock that leapt ahead is noticed by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select, update

from facevec.registry import consent_ledger
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import STATE_ID, ChangeRow, StateRow


class SqlMoments:
    """`ports.Moments` of the change log and of the nights, in the registry's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recorded(self) -> Sequence[datetime]:
        with reading(self._engine) as connection:
            last: datetime | None = connection.scalar(select(StateRow.night_at))
            if last is None:
                newest = connection.scalar(select(func.max(ChangeRow.at)))
                return () if newest is None else (newest,)
            later = select(ChangeRow.at).where(ChangeRow.at > last).order_by(ChangeRow.at)
            return (last, *connection.scalars(later))

    def believe(self, at: datetime) -> None:
        with writing(self._engine) as connection:
            take_turn(connection)
            last = connection.scalar(select(StateRow.night_at))
            if last is None or last < at:
                connection.execute(_STATE.values(night_at=at))

    def trust(self, at: datetime) -> None:
        with writing(self._engine) as connection:
            take_turn(connection)
            entry = consent_ledger.last_number(connection)
            connection.execute(_STATE.values(night_at=at, trusted_entry=entry))


_STATE = update(StateRow).where(StateRow.id == STATE_ID)
