"""Holding a lease while something runs: a thread renews it, whatever else the process does."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from facevec.errors import FacevecError, JobRunning
from facevec.events import Events
from facevec.ports import Leases
from facevec.types import Lease

RENEWED_EACH = 30.0
"""Seconds; a quarter of what a lease lasts (`registry.leases.LASTS`)."""

logger = Events()


def this_process() -> str:
    """Who holds a lease, as whoever wants it reads it."""
    return f"{socket.gethostname()}, process {os.getpid()}"


@contextmanager
def holding(
    leases: Leases, name: str, holder: str, renewed_each: float = RENEWED_EACH
) -> Iterator[Callable[[], None]]:
    """Hold the lease `name` in the block. What is given raises JobRunning once somebody else holds it.

    Raises JobRunning where somebody does already, RegistryError.
    """
    lease = leases.take(name, holder)
    keeper = _Keeper(leases, lease, renewed_each)
    keeper.start()
    try:
        yield keeper.require
    finally:
        keeper.stop()
        with suppress(FacevecError):  # it ends by itself
            leases.release(lease)


class _Keeper(threading.Thread):
    def __init__(self, leases: Leases, lease: Lease, each: float) -> None:
        super().__init__(name="lease", daemon=True)
        self._leases, self._lease, self._each = leases, lease, each
        self._stopped = threading.Event()
        self._lost: JobRunning | None = None

    def run(self) -> None:
        while not self._stopped.wait(self._each):
            try:
                self._leases.renew(self._lease)
            except JobRunning as error:
                self._lost = error
                return
            except FacevecError as error:
                logger.warning("lease_not_renewed", lease=self._lease.name, reason=str(error))

    def require(self) -> None:
        """Asked of the registry itself: whatever this process slept through, nobody else is at it."""
        if self._lost is not None:
            raise self._lost
        self._leases.renew(self._lease)

    def stop(self) -> None:
        """No renewal is under way when this returns."""
        self._stopped.set()
        self.join()
