"""The registry's one row about itself."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from facevec.errors import RegistryError
from facevec.registry.tables import STATE_ID, StateRow
from facevec.types import Position, RegistryState

_STATE = select(StateRow.__table__)


def read_state(connection: Connection) -> RegistryState:
    """Where the registry stands, and by which model."""
    row = connection.execute(_STATE).one_or_none()
    if row is None:
        raise RegistryError("The registry has lost its state row; restore the database from a backup.")
    position = Position(row.registry_id, row.epoch, row.revision, row.digest)
    return RegistryState(position, row.model, row.contract)


def begin_epoch(connection: Connection) -> None:
    """What was read before counts no longer, though no change of the log says so."""
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(epoch=StateRow.epoch + 1))
