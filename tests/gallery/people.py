"""Drawn people: unit vectors with a seed, and a registry in memory that keeps the port's promises."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import cast

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import unit
from facevec.errors import RegistryReplaced, WorkerNotFound
from facevec.ports import Registry
from facevec.types import (
    Page,
    Position,
    RegistryState,
    Snapshot,
    Templates,
    Terms,
    Vectors,
    Worker,
    microseconds,
)

CONTRACT = "drawn-1"
MODEL = "drawn"
PAGE = 7


def unit_vectors(count: int, dimension: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32))


def ids(*worker_ids: int) -> npt.NDArray[np.int64]:
    return np.array(worker_ids, dtype=np.int64)


def drawn(count: int, dimension: int, seed: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """(worker ids, references) of as many workers."""
    return np.arange(1, count + 1, dtype=np.int64), unit_vectors(count, dimension, seed)


def snapshot(count: int, revision: int = 1) -> Snapshot:
    return Snapshot(position(revision), CONTRACT, MODEL, template_count=count)


def position(revision: int, registry: str = "drawn") -> Position:
    """Of a registry in which every change at a revision is the same."""
    return Position(registry, 0, revision, f"{registry}-{revision}")


class RegistryInMemory:
    """What the live view and the rebuild ask of a registry; each method is one transaction."""

    def __init__(self, name: str = "drawn") -> None:
        self.name = name
        self._digests = [f"{name}-0"]
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

    def remove_worker(self, worker_id: int, _by: str = "system") -> Worker:
        with self._lock:
            if self._templates.pop(worker_id, None) is None:
                raise WorkerNotFound(f"There is no worker {worker_id}.")
            self._ends.pop(worker_id, None)
            self._newest_removal = self._changed(worker_id)
            return Worker(worker_id, "Drawn", None, "active", None, datetime.now(timezone.utc), photo_count=0)

    def state(self) -> RegistryState:
        with self._lock:
            return RegistryState(self._position(), MODEL, CONTRACT)

    def position(self) -> Position:
        with self._lock:
            return self._position()

    def _position(self) -> Position:
        return Position(self.name, 0, len(self._changes), self._digests[-1])

    def _require_passed(self, since: Position) -> None:
        passed = since.revision < len(self._digests) and self._digests[since.revision] == since.digest
        if since.registry != self.name or not passed:
            raise RegistryReplaced("The database is that of another registry.")

    def next_page(self, contract: str, after_id: int, since: Position) -> Page:
        with self._lock:
            after = sorted(worker_id for worker_id in self._templates if worker_id > after_id)
            return self._page(contract, after[:PAGE], since)

    def page_of(self, contract: str, worker_ids: Sequence[int], since: Position) -> Page:
        with self._lock:
            return self._page(contract, sorted({*worker_ids} & self._templates.keys()), since)

    def _page(self, contract: str, wanted: Sequence[int], since: Position) -> Page:
        self._require_passed(since)
        templates = Templates(ids(), np.empty((0, 0), np.float32))
        if contract == CONTRACT and wanted:
            rows = [self._templates[worker_id] for worker_id in wanted]
            repeated = np.repeat(ids(*wanted), [len(each) for each in rows])
            templates = Templates(repeated, np.concatenate(rows))
        return Page(self._position(), ids(*wanted), templates, self._terms(wanted))

    def terms(self) -> Terms:
        with self._lock:
            return self._terms(self._templates)

    def _terms(self, wanted: Iterable[int]) -> Terms:
        return Terms.of([(each, microseconds(self._ends[each])) for each in wanted if each in self._ends])

    def now(self) -> datetime:
        """What its clock says."""
        return self.clock()

    def changed_since(self, since: Position) -> tuple[Position, tuple[int, ...]]:
        with self._lock:
            self._require_passed(since)
            return self._position(), tuple(sorted(set(self._changes[since.revision :])))

    def newest_removal(self) -> int:
        with self._lock:
            return self._newest_removal

    def as_port(self) -> Registry:
        """The part of the port that is here; the rest is never called by a gallery."""
        return cast(Registry, self)

    def _changed(self, worker_id: int) -> int:
        self._changes.append(worker_id)
        self._digests.append(secrets.token_hex(8))
        return len(self._changes)
