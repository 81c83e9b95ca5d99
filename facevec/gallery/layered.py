"""A gallery in layers: what changed lately, compared as it is, over rows that are searched by their codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.gallery.exact import check_references
from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.segment import Ranking, Segment
from facevec.types import Candidate, Vectors

SEALED_AT = 16_384
"""Recent rows from which they are coded: comparing more of them as they are would take over a millisecond,
and coding so many takes some 30."""


class LayeredGallery:
    """Exact at any size. Small galleries are one layer, FAISS's brute force.

    stored: rows to begin with. sealed_at: recent rows from which they are coded. Raises GalleryError for
    stored rows that are read at once, being few, and are not as written.

    A worker is searched in one layer only. Adding one costs no copy of the others, and removing one masks
    their row, whatever the size. Thread-safe as `FaissFlatGallery` is.
    """

    def __init__(self, dimension: int, stored: Segment | None = None, *, sealed_at: int = SEALED_AT) -> None:
        self._dimension, self._sealed_at = dimension, sealed_at
        self._segments: list[Segment] = []
        self._recent = FaissFlatGallery(dimension)
        if stored is None or not len(stored):
            return
        if len(stored) < sealed_at:
            self._recent.put(*stored.everything())
        else:
            self._segments.append(stored)

    def __len__(self) -> int:
        return len(self._recent) + sum(map(len, self._segments))

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        recent = self._recent.search(probes, k)
        if not self._segments or not len(probes):
            return recent
        probes = np.ascontiguousarray(probes, dtype=np.float32)
        nearest = [_ranking(candidates) for candidates in recent]
        for segment in self._segments:
            within = np.array([_furthest(ranking, k) for ranking in nearest])
            here = segment.search(probes, k, within)
            nearest = [_merged(*both, k) for both in zip(nearest, here, strict=True)]
        return tuple(tuple(map(Candidate, ids.tolist(), distances.tolist())) for ids, distances in nearest)

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        check_references(worker_ids, references, self._dimension)
        worker_ids, references = _last_of_each(worker_ids, references)
        recent = np.ones(len(worker_ids), np.bool_)
        for segment in self._segments:
            rows = segment.rows_of(worker_ids)
            here = np.flatnonzero(rows >= 0)
            # Who was withheld comes back as they were.
            back = segment.unmask(rows[here], references[here]) & recent[here]
            segment.mask(rows[here[~back]])
            recent[here[back]] = False
        self._recent.remove(worker_ids[~recent])
        self._recent.put(worker_ids[recent], references[recent])
        if len(self._recent) >= self._sealed_at:
            self._segments.append(Segment.of(*self._recent.taken()))

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        for segment in self._segments:
            rows = segment.rows_of(worker_ids)
            segment.mask(rows[rows >= 0])
        self._recent.remove(worker_ids)


def _last_of_each(
    worker_ids: npt.NDArray[np.int64], references: Vectors
) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Each worker once, with the last of their references."""
    unique, from_the_end = np.unique(worker_ids[::-1], return_index=True)
    if len(unique) == len(worker_ids):
        return worker_ids, references
    last = len(worker_ids) - 1 - from_the_end
    return worker_ids[last], references[last]


def _ranking(candidates: tuple[Candidate, ...]) -> Ranking:
    ids = np.array([candidate.worker_id for candidate in candidates], np.int64)
    return ids, np.array([candidate.distance for candidate in candidates], np.float64)


def _furthest(ranking: Ranking, k: int) -> float:
    """No further is whoever may still be among the `k` nearest."""
    ids, distances = ranking
    return float(distances[-1]) if len(ids) == k else np.inf


def _merged(first: Ranking, second: Ranking, k: int) -> Ranking:
    ids = np.concatenate([first[0], second[0]])
    distances = np.concatenate([first[1], second[1]])
    order = np.lexsort((ids, distances))[:k]
    return ids[order], distances[order]
