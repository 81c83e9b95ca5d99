"""Rows of a gallery that came together and change no more: they are only masked, and unmasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facevec.gallery.codes import NOBODY, ROUNDING, Codes, Nearest, codes_of, encode, nearest_codes
from facevec.gallery.exact import distances_to
from facevec.gallery.helpers import HELPERS
from facevec.types import Vectors

FETCH = 1024
"""Rows that are fetched by their codes at first; so many hold the nearest with room to spare, see ADR 25."""

DEEPER = 8
"""Times as many are fetched where that was not enough to be sure."""

AT_ONCE = 4_096
"""References that are compared at once."""

WORTH_SHARING = 200_000
"""Codes to compare from which two threads are faster than one."""

Rows = npt.NDArray[np.int64]
Ranking = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
"""Worker ids and their distances, the nearest first; of equals, the smaller id."""


class References(Protocol):
    """The vectors that decide."""

    def require_untouched(self) -> None:
        """Raises GalleryError where a file that they or their codes are in was written to since."""
        ...

    def at(self, rows: Rows) -> Vectors:
        """Raises GalleryError for one that is not as it was written."""
        ...

    def same(self, rows: Rows, vectors: Vectors) -> npt.NDArray[np.bool_]:
        """Which of `rows` hold exactly these vectors."""
        ...


class InMemory:
    """References that this process holds itself."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def require_untouched(self) -> None:
        pass

    def at(self, rows: Rows) -> Vectors:
        vectors: Vectors = self._vectors[rows]
        return vectors

    def same(self, rows: Rows, vectors: Vectors) -> npt.NDArray[np.bool_]:
        equal: npt.NDArray[np.bool_] = (self._vectors[rows] == vectors).all(axis=1)
        return equal


class Segment:
    """Searched by its codes; what may be among the nearest is then compared as it is. Nothing is missed.

    worker_ids: (n,) int64, each once. A masked row's code is that of nobody, which is far from everybody; the
    codes must be this process's own to write, as a private mapping of a file is. Should somebody cut that
    file short, the system would kill whoever reads on: it is looked at before each use of the codes, which
    raises GalleryError then.
    """

    def __init__(self, worker_ids: npt.NDArray[np.int64], codes: Codes, references: References) -> None:
        self._worker_ids, self._codes, self._references = worker_ids, codes, references
        self._order = np.argsort(worker_ids, kind="stable")
        self._sorted = worker_ids[self._order]
        self._live = np.ones(len(worker_ids), np.bool_)
        self._count = len(worker_ids)

    @classmethod
    def of(cls, worker_ids: npt.NDArray[np.int64], vectors: Vectors) -> Segment:
        """Of vectors in memory, which become the segment's own."""
        return cls(worker_ids, codes_of(vectors), InMemory(vectors))

    def __len__(self) -> int:
        """How many are not masked."""
        return self._count

    def everything(self) -> tuple[npt.NDArray[np.int64], Vectors]:
        """(worker ids, vectors) of all that are not masked. Raises GalleryError as `References.at`."""
        rows = np.flatnonzero(self._live)
        return self._worker_ids[rows], self._references.at(rows)

    def rows_of(self, worker_ids: npt.NDArray[np.int64]) -> Rows:
        """(n,) the row of each, masked or not; -1 for who is not here."""
        if not len(self._sorted):
            return np.full(len(worker_ids), -1, np.int64)
        places = np.minimum(np.searchsorted(self._sorted, worker_ids), len(self._sorted) - 1)
        rows: Rows = np.where(self._sorted[places] == worker_ids, self._order[places], -1)
        return rows

    def mask(self, rows: Rows) -> None:
        """Have them searched no more."""
        self._references.require_untouched()
        rows = np.unique(rows[self._live[rows]])
        self._live[rows] = False
        self._codes.rows[rows] = NOBODY
        self._count -= len(rows)

    def unmask(self, rows: Rows, vectors: Vectors) -> npt.NDArray[np.bool_]:
        """Have those of `rows` searched again whose vectors these are; which that were."""
        self._references.require_untouched()
        same = self._references.same(rows, vectors)
        self._codes.rows[rows[same]] = encode(vectors[same], self._codes.scale)[0]
        self._count += int(np.count_nonzero(~self._live[rows[same]]))
        self._live[rows[same]] = True
        return same

    def search(self, probes: Vectors, k: int, within: npt.NDArray[np.float64]) -> list[Ranking]:
        """The `k` nearest of each probe, of those that are no further than its `within`.

        Raises GalleryError as `References.at`.
        """
        self._references.require_untouched()
        coded, errors = encode(probes, self._codes.scale)
        rankings: list[Ranking] = [_NOBODY] * len(probes)
        unsure, fetch = list(range(len(probes))), max(FETCH, 4 * k)
        while unsure:
            fetch = min(fetch, len(self._worker_ids))
            again = []
            for index, nearest in zip(unsure, self._by_code(coded[unsure], fetch), strict=True):
                slack = self._codes.error + float(errors[index]) + ROUNDING
                ranking = self._ranked(probes[index], k, float(within[index]), nearest, slack)
                if ranking is None:
                    again.append(index)
                else:
                    rankings[index] = ranking
            unsure, fetch = again, DEEPER * fetch
        return rankings

    def _by_code(self, coded: npt.NDArray[np.uint8], fetch: int) -> Iterator[Nearest]:
        def compare(part: slice) -> list[Nearest]:
            return nearest_codes(self._codes, coded, fetch, part)

        size = len(self._worker_ids)
        parts = HELPERS.shared(compare, size, worth_it=size * len(coded) >= WORTH_SHARING)
        return (_merged(each) for each in zip(*parts, strict=True))

    def _ranked(
        self, probe: npt.NDArray[np.float32], k: int, within: float, nearest: Nearest, slack: float
    ) -> Ranking | None:
        """None where a row that was not fetched might be among them."""
        live = self._live[nearest.rows]
        rows, least = nearest.rows[live], nearest.distances[live] - slack
        some = np.flatnonzero(least[:k] <= within)
        distances = self._distances(probe, rows[some])
        # Whoever is among the nearest is no further than the furthest of any k.
        furthest = min(within, distances.max() if len(some) == k else np.inf)
        if nearest.beyond < np.inf and nearest.beyond - slack <= furthest:
            return None
        others = np.flatnonzero(least[k:] <= furthest) + k
        ids = self._worker_ids[rows[np.concatenate([some, others])]]
        distances = np.concatenate([distances, self._distances(probe, rows[others])])
        order = np.lexsort((ids, distances))[:k]
        return ids[order], distances[order]

    def _distances(self, probe: npt.NDArray[np.float32], rows: Rows) -> npt.NDArray[np.float64]:
        """As they are, some at a time: of many alike, all may have to be compared."""
        parts = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
        return np.concatenate([_NONE, *(distances_to(probe, self._references.at(part)) for part in parts)])


_NONE = np.empty(0, np.float64)
_NOBODY: Ranking = (np.empty(0, np.int64), _NONE)


def _merged(parts: tuple[Nearest, ...]) -> Nearest:
    """What the parts of a segment say, together."""
    if len(parts) == 1:
        return parts[0]
    rows = np.concatenate([part.rows for part in parts])
    distances = np.concatenate([part.distances for part in parts])
    order = np.argsort(distances)
    return Nearest(rows[order], distances[order], min(part.beyond for part in parts))
