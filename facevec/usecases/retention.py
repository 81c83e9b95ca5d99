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
    photos, with their templates, were too old; emptied: ids of workers who have none any more. changed: ids
    of workers of whom nothing could be destroyed, as somebody without the integrity key changed their row.
    """

    expired: tuple[int, ...]
    photos: int
    emptied: tuple[int, ...]
    changed: tuple[int, ...]
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
    goes on. Raises RegistryError.
    """
    expired, photos, emptied = [], 0, []
    changed: set[int] = set()
    ended_by = now - retention.grace
    for worker_id in kept.after_consent(ended_by):
        with _by_itself(worker_id, changed):
            registry.end_consent(worker_id, "expired", ended_by, SYSTEM)
            expired.append(worker_id)
    if retention.oldest is not None:
        for worker_id, count in kept.photos_by_then(now - retention.oldest).items():
            with _by_itself(worker_id, changed):
                worker = registry.forget_photos(worker_id, now - retention.oldest)
                photos += count
                emptied += [] if worker.photo_count else [worker_id]
    return RetentionReport(
        tuple(expired), photos, tuple(emptied), tuple(sorted(changed)), kept.consent_counts()
    )


@contextmanager
def _by_itself(worker_id: int, changed: set[int]) -> Iterator[None]:
    """Pass over a worker who is not to be dealt with any more, and over one who cannot be, into `changed`."""
    try:
        yield
    except WorkerError:  # removed meanwhile, or has agreed anew
        pass
    except NotAuthentic:
        changed.add(worker_id)
