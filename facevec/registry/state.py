"""The registry's one row about itself, and the one about the change of its model."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select, update

from facevec.errors import ContractMismatch, RegistryError
from facevec.registry.tables import STATE_ID, ModelChangeRow, StateRow
from facevec.types import Model, ModelChange, Position, RegistryState

_EPOCHS_APART = 1 << 20
"""The next epoch is one of so many: a registry that is copied, or restored twice from one backup, goes on in
several places, none of which knows which epochs the others have begun."""

_STATE = select(StateRow.__table__)


def read_state(connection: Connection) -> RegistryState:
    """Where the registry stands, and by which model."""
    row = connection.execute(_STATE).one_or_none()
    if row is None:
        raise RegistryError("The registry has lost its state row; restore the database from a backup.")
    position = Position(row.registry_id, row.epoch, row.revision, row.digest)
    return RegistryState(position, row.model, row.contract)


def take_turn(connection: Connection) -> None:
    """Whoever changes the registry, or takes a turn too, comes before this transaction or after it."""
    connection.execute(select(StateRow.id).where(StateRow.id == STATE_ID).with_for_update())


def begin_epoch(connection: Connection) -> None:
    """What was read before counts no longer, though no change of the log says so."""
    epoch = StateRow.epoch + epoch_after(0)
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(epoch=epoch))


def epoch_after(epoch: int) -> int:
    """A later one, that no other copy of the registry begins."""
    return epoch + 1 + secrets.randbelow(_EPOCHS_APART)


def read_change(connection: Connection) -> ModelChange | None:
    """The change that is under way."""
    row = connection.execute(select(ModelChangeRow.__table__)).one_or_none()
    if row is None:
        return None
    return ModelChange(
        Model(row.before_model, row.before_contract),
        Model(row.after_model, row.after_contract),
        row.begun_at,
        row.switched_at,
    )


def required_change(connection: Connection) -> ModelChange:
    """Raises ContractMismatch where none is under way."""
    change = read_change(connection)
    if change is None:
        raise ContractMismatch(
            "No change of the model is under way; `facevec models migrate NAME` begins one."
        )
    return change
