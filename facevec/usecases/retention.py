"""Destroying what must not be kept any more: the nightly job does it, and says what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from facevec.decision.consent import Retention
from facevec.errors import NotAuthentic, WorkerError
from facevec.ports import Kept
from facevec.types import SYSTEM, ConsentCounts, ConsentEnd, Worker


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What a night destroyed, and what it leaves to the operator.

    expired: ids of workers whose consent had ended and whose grace was over. photos: how many enrolment
    photos, with their templates, were too old; emptied: ids of workers who have none any more.
    """

    expired: tuple[int, ...]
    photos: int
    emptied: tuple[int, ...]
    counts: ConsentCounts


class Destroying(Protocol):
    """What destroys faces, as `ports.Consents` does, with a receipt or without."""

    def end_consent(self, worker_id: int, kind: ConsentEnd, at: datetime, by: str) -> Worker: ...

    def forget_photos(self, worker_id: int, before: datetime) -> Worker: ...


def enforce_retention(
    registry: Destroying, kept: Kept, retention: Retention, now: datetime
) -> RetentionReport:
    """Destroy what is kept too long. What files of the index hold of it goes when the index is made anew.

    Each worker is a transaction of their own: a night that is killed midway has lost nothing, and the next
    goes on. Raises RegistryError; the first NotAuthentic of a worker once the others are dealt with.
    """
    expired, photos, emptied = [], 0, []
    faults: list[NotAuthentic] = []
    over = now - retention.grace
    for worker_id in kept.after_consent(over):
        with _each_by_itself(faults):
            registry.end_consent(worker_id, "expired", over, SYSTEM)
            expired.append(worker_id)
    if retention.oldest is not None:
        for worker_id, count in kept.photos_by_then(now - retention.oldest).items():
            with _each_by_itself(faults):
                worker = registry.forget_photos(worker_id, now - retention.oldest)
                photos += count
                emptied += [] if worker.photo_count else [worker_id]
    if faults:
        raise faults[0]
    return RetentionReport(tuple(expired), photos, tuple(emptied), kept.consent_counts())


@contextmanager
def _each_by_itself(faults: list[NotAuthentic]) -> Iterator[None]:
    """Pass over who is not to be dealt with any more, and over who cannot be: that joins `faults`."""
    try:
        yield
    except WorkerError:  # removed meanwhile, or has agreed anew
        pass
    except NotAuthentic as error:
        faults.append(error)
