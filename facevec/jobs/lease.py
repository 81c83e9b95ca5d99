"""Holding a lease while something runs: a thread renews it, whatever else the process does."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from facevec.errors import FacevecError, JobRunning, RegistryError
from facevec.events import Events
from facevec.ports import Leases
from facevec.registry.waiting import waited_for
from facevec.types import Lease

RENEWED_EACH = 30.0
"""Seconds; a quarter of what a lease lasts (`registry.leases.LASTS`)."""

PATIENCE = 120.0
"""Seconds for which a registry is asked again that does not answer: a server may be starting anew."""

logger = Events()


def this_process() -> str:
    """Who holds a lease, as whoever wants it reads it."""
    return f"{socket.gethostname()}, process {os.getpid()}"


@contextmanager
def holding(
    leases: Leases, name: str, holder: str, renewed_each: float = RENEWED_EACH
) -> Iterator[Callable[[], None]]:
    """Hold the lease `name` in the block. What is given raises JobRunning once somebody else holds it, and
    RegistryError where the registry does not say for minutes who does.

    Raises JobRunning where somebody does already, RegistryError.
    """
    lease = waited_for(lambda: leases.take(name, holder), PATIENCE)
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
        waited_for(self._renew_or_look, PATIENCE)

    def _renew_or_look(self) -> None:
        try:
            self._leases.renew(self._lease)
        except JobRunning:
            raise
        except RegistryError:  # on a full disk nobody else takes it either
            self._leases.require(self._lease)

    def stop(self) -> None:
        """No renewal is under way when this returns."""
        self._stopped.set()
        self.join()
