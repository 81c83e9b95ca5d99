"""Who is nearest to each worker: everybody's reference is searched for, some hundred at a time.

The gallery's own search does it, whichever engine is behind it, in batches; no more than a page of vectors is
in memory here, and of each worker the few who are nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision.cohort import COHORT_SIZE, SEARCH_DEPTH
from facevec.decision.vectors import fuse
from facevec.ports import ChangeSource, LiveGallery
from facevec.types import Candidate, SetAside, places_in
from facevec.usecases.roll import every_page

BATCH = 256
"""Workers in one search."""

NOBODY = -1
"""Stands in place of a neighbour where there are fewer."""

DEPTH = SEARCH_DEPTH + 2
"""Candidates asked for: the worker themselves, the nearest other, the cohort, and one to leave out."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Of each worker the others nearest to their reference, nearest first.

    worker_ids: (n,) int64, ascending. ids: (n, k) int64, `NOBODY` where there are fewer. distances: (n, k)
    float32, infinite there. set_aside: as in `Page`.
    """

    worker_ids: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float32]
    set_aside: SetAside

    def around(
        self, workers: npt.NDArray[np.int64], without: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """(m, COHORT_SIZE) distances from each of (m,) workers to those nearest, but for one each, ascending.

        Infinite where nothing is known of them.
        """
        rows, known = self.rows(workers)
        distances = np.full((len(workers), self.distances.shape[1]), np.inf, np.float32)
        others = self.ids[rows[known]] != without[known, None]
        distances[known] = np.where(others, self.distances[rows[known]], np.inf)
        return np.sort(distances, axis=1)[:, :COHORT_SIZE]

    def rows(self, workers: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """(m,) where each of `workers` stands, and whether they do."""
        return places_in(self.worker_ids, workers)


def neighbours_of_all(
    registry: ChangeSource, contract: str | None, view: Callable[[str, int], LiveGallery]
) -> Neighbours:
    """Of everybody, those who may not be recognised now included, among those who may."""
    live: LiveGallery | None = None
    ids: list[npt.NDArray[np.int64]] = [np.empty((0, DEPTH - 1), np.int64)]
    distances: list[npt.NDArray[np.float32]] = [np.empty((0, DEPTH - 1), np.float32)]
    workers: list[npt.NDArray[np.int64]] = [np.empty(0, np.int64)]
    set_aside: list[SetAside] = []
    for page in every_page(registry, contract) if contract else ():
        set_aside.append(page.set_aside)
        worker_ids, references = fuse(page.templates)
        if not len(worker_ids):
            continue
        live = live or view(contract or "", references.shape[1])
        for start in range(0, len(worker_ids), BATCH):
            some = worker_ids[start : start + BATCH]
            _, candidates = live.search(references[start : start + BATCH], DEPTH)
            near, far = _others(some, candidates)
            workers.append(some)
            ids.append(near)
            distances.append(far)
    return Neighbours(
        np.concatenate(workers),
        np.concatenate(ids),
        np.concatenate(distances),
        tuple(each for some in set_aside for each in some),
    )


def _others(
    worker_ids: npt.NDArray[np.int64], rows: Sequence[Sequence[Candidate]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """(ids, distances) of the candidates of each worker but themselves."""
    ids = np.full((len(worker_ids), DEPTH - 1), NOBODY, np.int64)
    distances = np.full((len(worker_ids), DEPTH - 1), np.inf, np.float32)
    for row, (worker_id, candidates) in enumerate(zip(worker_ids.tolist(), rows, strict=True)):
        others = [each for each in candidates if each.worker_id != worker_id][: DEPTH - 1]
        ids[row, : len(others)] = [each.worker_id for each in others]
        distances[row, : len(others)] = [each.distance for each in others]
    return ids, distances
