"""Drawn people: unit vectors with a seed, and a registry in memory that keeps the port's promises."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import cast

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import unit
from facevec.errors import WorkerNotFound
from facevec.ports import Registry
from facevec.types import RegistryState, Snapshot, Templates, Vectors, Worker

CONTRACT = "drawn-1"
MODEL = "drawn"


def unit_vectors(count: int, dimension: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32))


def ids(*worker_ids: int) -> npt.NDArray[np.int64]:
    return np.array(worker_ids, dtype=np.int64)


def snapshot(count: int, dimension: int = 16, revision: int = 1, seed: int = 0) -> Snapshot:
    return Snapshot(
        revision=revision,
        contract=CONTRACT,
        model=MODEL,
        template_count=count,
        worker_ids=np.arange(1, count + 1, dtype=np.int64),
        references=unit_vectors(count, dimension, seed),
    )


class RegistryInMemory:
    """What the live view and the rebuild ask of a registry; each method is one transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: dict[int, Vectors] = {}
        self._changes: list[int] = []
        self._newest_removal = 0
        self._ends: dict[int, datetime] = {}
        self.clock = lambda: datetime.now(timezone.utc)

    def enrol(self, worker_id: int, templates: Vectors) -> int:
        """Add or replace; returns the revision of the change."""
        with self._lock:
            self._templates[worker_id] = templates
            return self._changed(worker_id)

    def end_consent(self, worker_id: int, at: datetime) -> int:
        """Have the worker's consent end then; returns the revision of the change."""
        with self._lock:
            self._ends[worker_id] = at
            return self._changed(worker_id)

    def withheld(self) -> tuple[tuple[int, ...], datetime | None]:
        with self._lock:
            now = self.clock()
            to_come = [at for at in self._ends.values() if at > now]
            ended = sorted(worker_id for worker_id, at in self._ends.items() if at <= now)
            return tuple(ended), min(to_come, default=None)

    def remove_worker(self, worker_id: int) -> Worker:
        with self._lock:
            if self._templates.pop(worker_id, None) is None:
                raise WorkerNotFound(f"There is no worker {worker_id}.")
            self._ends.pop(worker_id, None)
            self._newest_removal = self._changed(worker_id)
            return Worker(worker_id, "Drawn", None, "active", None, datetime.now(timezone.utc), photo_count=0)

    def state(self) -> RegistryState:
        with self._lock:
            return RegistryState(len(self._changes), MODEL, CONTRACT)

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        with self._lock:
            now = self.clock()
            ended = {worker_id for worker_id, at in self._ends.items() if at <= now}
            asked = self._templates.keys() if worker_ids is None else set(worker_ids) & self._templates.keys()
            wanted = sorted(asked - ended)
            if contract != CONTRACT or not wanted:
                return len(self._changes), Templates(ids(), np.empty((0, 0), np.float32))
            rows = [self._templates[worker_id] for worker_id in wanted]
            repeated = np.repeat(ids(*wanted), [len(each) for each in rows])
            return len(self._changes), Templates(repeated, np.concatenate(rows))

    def now(self) -> datetime:
        """What its clock says."""
        return self.clock()

    def changed_since(self, revision: int) -> tuple[int, tuple[int, ...]]:
        with self._lock:
            return len(self._changes), tuple(sorted(set(self._changes[revision:])))

    def newest_removal(self) -> int:
        with self._lock:
            return self._newest_removal

    def as_port(self) -> Registry:
        """The part of the port that is here; the rest is never called by a gallery."""
        return cast(Registry, self)

    def _changed(self, worker_id: int) -> int:
        self._changes.append(worker_id)
        return len(self._changes)
