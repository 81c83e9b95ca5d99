"""A removal is in the ledger before it is committed, and taken back there where it is known not to be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from facevec.errors import DiskFull, RegistryError
from facevec.events import Events
from facevec.registry import removals
from facevec.registry.engine import writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.removals import Removal
from facevec.registry.state import take_turn

logger = Events()


class Recording:
    """What a transaction removes."""

    def __init__(self, ledger: RemovalLedger | None, engine: Engine) -> None:
        self._ledger, self._engine = ledger, engine
        self.recorded: tuple[Removal, ...] = ()

    @contextmanager
    def what_goes(self, connection: Connection, worker_id: int | None, at: datetime) -> Iterator[None]:
        """Record, at the end of the block, what is gone of the worker by then; of nobody where it is None."""
        if worker_id is None:
            yield
            return
        before = removals.holdings(connection, worker_id, at)
        yield
        gone = before.without(removals.holdings(connection, worker_id, at))
        self.record(connection, [Removal(identity, kind, at) for identity, kind in gone.items()])

    def record(self, connection: Connection, gone: list[Removal]) -> None:
        """To be the last that is done before the commit. Raises DiskFull.

        Where the ledger cannot be written the removal goes on all the same: the registry records it too, and
        what the ledger lacks is added to it later. That is logged.
        """
        removals.write(connection, gone)
        if self._ledger is None or not gone:
            return
        try:
            self._ledger.append(gone)
        except DiskFull:
            raise
        except RegistryError as error:
            logger.error("removal_not_in_ledger", reason=str(error))  # noqa: TRY400  # a sentence says it
        else:
            self.recorded = tuple(gone)

    def take_back(self) -> None:
        """Take back in the ledger what the registry does not record: it was not committed.

        A commit that failed may have come to the server all the same. Where the registry does not say which,
        the ledger stays as it is and the next start finishes the removal; that is logged.
        """
        if self._ledger is None or not self.recorded:
            return
        try:
            with writing(self._engine) as connection:
                take_turn(connection)  # by now the server has ended what it may be committing
                known = removals.known(connection, [one.identity for one in self.recorded])
                self._ledger.take_back(one for one in self.recorded if one.identity not in known)
        except RegistryError as error:
            logger.error("removal_stays_in_ledger", reason=str(error))  # noqa: TRY400  # a sentence says it


@contextmanager
def recording(ledger: RemovalLedger | None, engine: Engine) -> Iterator[Recording]:
    """To stand around a transaction of `engine` that takes its turn."""
    record = Recording(ledger, engine)
    try:
        yield record
    except BaseException:
        record.take_back()
        raise
