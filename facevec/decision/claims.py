"""How long somebody has to wait who claimed to be a worker and was not, again and again.

As NIST SP 800-63B asks of biometrics (5.2.3): no more than five failures in a row, then 30 seconds, doubled
with each further one. Whoever learns by yes and no alone how to come nearer needs hundreds of tries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from facevec.decision.clocks import SOON
from facevec.types import Claim

FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0
"""Seconds after the last of the failures that are free, and after however many."""

SPREAD = 4
"""So many times what one caller may fail for a worker all callers may, until everybody has to wait."""

FORGOTTEN_AFTER = timedelta(hours=48)
"""A count that nobody adds to is gone by then."""

_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """free: failures that cost nothing. forgiven: failures an hour that are taken off again.

    cleared: whether a success takes all of them off.
    """

    free: int
    forgiven: float
    cleared: bool = True


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one limit: `failures` at the moment of the `last`.

    Where a clock that was ahead wrote it nobody waits for it: they would until that moment comes.
    """

    failures: float = 0.0
    last: datetime | None = None

    def failed(self, limit: Limit, at: datetime) -> Tally:
        """One more."""
        hours = 0.0 if self.last is None else max(0.0, (at - self.last) / timedelta(hours=1))
        return Tally(max(0.0, self.failures - limit.forgiven * hours) + 1, at)

    def wait(self, limit: Limit, at: datetime) -> float:
        """Seconds until the next claim is looked at; 0 when it is now."""
        over = round(self.failures) - limit.free
        if self.last is None or over < 0 or self.last > at + SOON:
            return 0.0
        pause = min(FIRST_WAIT * float(2 ** min(over, _DOUBLINGS)), LONGEST_WAIT)
        return max(0.0, pause - (at - self.last).total_seconds())


def limits(claim: Claim, free: int, free_of_key: int) -> Mapping[str, Limit]:
    """What is counted of a claim, by name.

    free: failures in a row that one key, or one address, has for one worker. free_of_key: failures an hour
    that one key has for all workers; its successes do not help, for one may be with one's own face.
    """
    worker = f"worker {claim.worker_id}"
    daily = free / 24
    return {
        f"{worker} key {claim.key_id}": Limit(free, daily),
        f"{worker} from {claim.caller}": Limit(free, daily),
        worker: Limit(SPREAD * free, SPREAD * daily),
        f"key {claim.key_id}": Limit(free_of_key, free_of_key, cleared=False),
    }
