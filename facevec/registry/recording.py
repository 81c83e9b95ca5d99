"""A removal is in the ledger before it is committed, and taken back there where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection

from facevec.errors import DiskFull, RegistryError
from facevec.events import Events
from facevec.registry import removals
from facevec.registry.ledger import RemovalLedger
from facevec.registry.removals import Removal

logger = Events()


class Recording:
    """What a transaction removes."""

    def __init__(self, ledger: RemovalLedger | None) -> None:
        self._ledger = ledger
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
        """What was recorded was not committed."""
        if self._ledger is not None and self.recorded:
            with suppress(RegistryError):
                self._ledger.take_back(self.recorded)


@contextmanager
def recording(ledger: RemovalLedger | None) -> Iterator[Recording]:
    """To stand around the transaction."""
    record = Recording(ledger)
    try:
        yield record
    except BaseException:
        record.take_back()
        raise
