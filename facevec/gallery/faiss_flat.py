"""Exact search with FAISS over a matrix that is changed in place."""

from __future__ import annotations

from typing import TypeVar

import faiss
import numpy as np
import numpy.typing as npt

from facevec.gallery.exact import check_references, check_search, nearest
from facevec.types import Candidate, Vectors

BLAS_THRESHOLD = 10_000
"""Probes in one search from which FAISS uses BLAS; below, its own loops are faster."""

SPARE = 8
"""Candidates fetched beyond `k`, so that rounding in FAISS cannot cost one of the `k`."""

ROUNDING = 2e-5
"""Bound on how far two squared distances of unit vectors, at most 4, may be off in FAISS's float32 sums."""

GROWTH = 1.25
"""Room made when the matrix is full, relative to what is needed."""


Scalar = TypeVar("Scalar", bound=np.generic)


class FaissFlatGallery:
    """FAISS's brute force finds the nearest rows; their distances are then computed as the oracle does.

    Rows are kept dense: a removed one is overwritten by the last, so put and remove cost
    nothing that grows with the gallery. One FAISS thread a search: two are slower for one
    probe, concurrent searches share the cores anyway, and no OpenMP pool is left behind
    that would hang a fork.

    Not thread-safe while it changes: whoever shares it holds a lock, as `LiveView` does.
    Searches may run side by side; FAISS releases the interpreter.
    """

    def __init__(self, dimension: int) -> None:
        faiss.cvar.distance_compute_blas_threshold = BLAS_THRESHOLD
        self._dimension = dimension
        self._empty()

    def __len__(self) -> int:
        return len(self._rows)

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        check_search(probes, k, self._dimension)
        size = len(self)
        if size == 0 or len(probes) == 0:
            return ((),) * len(probes)
        rows = self._nearest_rows(np.ascontiguousarray(probes, dtype=np.float32), min(k, size))
        return tuple(
            nearest(probe, self._worker_ids[near], self._references[near], k)
            for probe, near in zip(probes, rows, strict=True)
        )

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        check_references(worker_ids, references, self._dimension)
        ids = worker_ids.tolist()
        added = [worker_id for worker_id in dict.fromkeys(ids) if worker_id not in self._rows]
        self._reserve(len(self) + len(added))
        self._rows.update(zip(added, range(len(self), len(self) + len(added)), strict=True))
        rows = [self._rows[worker_id] for worker_id in ids]
        self._worker_ids[rows] = worker_ids
        self._references[rows] = references

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        for worker_id in worker_ids.tolist():
            row = self._rows.pop(worker_id, None)
            if row is not None:
                self._fill(row, last=len(self))

    def taken(self) -> tuple[npt.NDArray[np.int64], Vectors]:
        """(worker ids, references) of all, which are gone from here."""
        worker_ids, references = self._worker_ids[: len(self)], self._references[: len(self)]
        self._empty()
        return worker_ids, references

    def _empty(self) -> None:
        """Begin with nobody, in a matrix of its own."""
        self._rows: dict[int, int] = {}
        self._worker_ids = np.empty(0, dtype=np.int64)
        self._references = np.empty((0, self._dimension), dtype=np.float32)

    def _nearest_rows(self, probes: Vectors, k: int) -> npt.NDArray[np.int64]:
        """Rows that are sure to hold the `k` nearest of each probe, ties at the k-th place included."""
        faiss.omp_set_num_threads(1)
        size = len(self)
        fetch = min(k + SPARE, size)
        while True:
            squared, rows = faiss.knn(probes, self._references[:size], fetch)
            if fetch == size or (squared[:, -1] - squared[:, k - 1] > ROUNDING).all():
                nearest_rows: npt.NDArray[np.int64] = rows
                return nearest_rows
            fetch = min(4 * fetch, size)

    def _reserve(self, needed: int) -> None:
        if needed <= len(self._worker_ids):
            return
        capacity = needed if len(self) == 0 else int(GROWTH * needed)
        self._worker_ids = _grown(self._worker_ids, len(self), capacity)
        self._references = _grown(self._references, len(self), capacity)

    def _fill(self, row: int, last: int) -> None:
        """Move the last row into `row`, and leave nothing of it behind."""
        if row != last:
            moved = int(self._worker_ids[last])
            self._rows[moved] = row
            self._worker_ids[row] = moved
            self._references[row] = self._references[last]
        self._references[last] = 0.0


def _grown(array: npt.NDArray[Scalar], used: int, capacity: int) -> npt.NDArray[Scalar]:
    larger = np.zeros((capacity, *array.shape[1:]), dtype=array.dtype)
    larger[:used] = array[:used]
    return larger
