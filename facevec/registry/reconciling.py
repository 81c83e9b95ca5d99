"""The registry and the ledger of removals say the same again, whatever happened to either.

What the registry knows and the ledger does not (another machine removed it, or the ledger could not be
written) is added to the ledger. What the ledger knows and the registry does not was begun and not committed,
or an older copy of the registry was put here: it is removed now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from facevec.errors import FacevecError
from facevec.events import Events
from facevec.ports import Clock
from facevec.registry import changes, removals
from facevec.registry.engine import reading, writing
from facevec.registry.erasing import erase
from facevec.registry.ledger import RemovalLedger
from facevec.registry.removals import Removal
from facevec.registry.state import take_turn

logger = Events()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How much was removed from the registry, by kind, and how many entries the ledger got."""

    removed: Mapping[str, int]
    added: int


def reconcile(engine: Engine, ledger: RemovalLedger, clock: Clock) -> Reconciled:
    """Finish what was begun. Raises RegistryError for a ledger that is damaged or cannot be written."""
    ledger.begin()
    with reading(engine) as connection:
        known = {one.identity: one for one in removals.read(connection)}
    listed = _listed(ledger)
    removed: Mapping[str, int] = {}
    if any(identity not in known for identity in listed):
        with writing(engine) as connection:
            take_turn(connection)  # a removal that is being committed has ended by now, one way or the other
            listed = _listed(ledger)
            known = {one.identity: one for one in removals.read(connection)}
            missing = [one for identity, one in listed.items() if identity not in known]
            erased = erase(connection, missing, clock())
            removals.write(connection, missing)
            for worker_id, kind in erased.changes:
                changes.log_another(connection, worker_id, kind, clock())
            removed = erased.counts
    absent = [one for identity, one in known.items() if identity not in listed]
    ledger.append(absent)
    if removed:
        logger.warning("removals_finished", **removed)
    return Reconciled(removed, len(absent))


def _listed(ledger: RemovalLedger) -> Mapping[str, Removal]:
    record = ledger.read()
    return {} if record is None else record.removals


def reconcile_if_possible(engine: Engine, ledger: RemovalLedger, clock: Clock) -> None:
    """As `reconcile`, for a start that has to go on whatever comes of it; what is wrong is logged."""
    try:
        reconcile(engine, ledger, clock)
    except FacevecError as error:
        logger.error("removals_not_reconciled", code=error.code, reason=str(error))  # noqa: TRY400  # a sentence
