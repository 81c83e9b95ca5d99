"""What galleries share that lie in a database: it says who is near, and templates decide who is and how near.

So a row that is old, rotten or somebody else's names nobody.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.errors import RegistryReplaced
from facevec.events import Events
from facevec.gallery.exact import nearest
from facevec.types import Candidate, SetAside, Upkeep, Vectors

FEW = 5_000
"""Workers who are counted with each search; of more, the number of a minute ago does."""

COUNTED_SECONDS = 60.0

LISTED = 10
"""So many workers are named in a line."""

Candidates = tuple[tuple[Candidate, ...], ...]
Hits = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]
"""(worker ids, how far the database says that they are) of the rows nearest to a probe, ascending."""

logger = Events()


class GalleryElsewhere:
    """The part of a `ports.LiveGallery` that remembers how the last search found it."""

    def __init__(self) -> None:
        self._is_replaced = False
        self._replaced = self._revision = self._workers = 0
        self._counted_at: float | None = None
        self._set_aside: SetAside = ()

    def extent(self) -> tuple[int, int]:
        return self._revision, self._workers

    def upkeep(self) -> Upkeep:
        return Upkeep(self._replaced, 0, self._set_aside)

    def require_same(self) -> None:
        if self._is_replaced:
            raise RegistryReplaced

    def _is_to_count(self) -> bool:
        counted = self._counted_at
        return counted is None or self._workers <= FEW or time.monotonic() - counted > COUNTED_SECONDS

    def _counted(self, workers: int) -> None:
        self._workers, self._counted_at = workers, time.monotonic()


def tell_strayed(table: str, worker_ids: Sequence[int]) -> None:
    """Tell the log of workers whose rows are not what their templates give."""
    logger.error(
        "not_authentic", table=table, rows=worker_ids[:LISTED], count=len(worker_ids),
        instead="made anew from their templates; `facevec index rebuild` looks at the others",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """How a database says how far somebody is: a power of the distance, off by `rounding` at most."""

    power: int
    rounding: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """The `k` nearest to each probe as their templates say. sure: whether nobody nearer was passed over.
    strayed: workers with a row that is not what their templates give."""

    candidates: Candidates
    sure: bool
    strayed: frozenset[int]


def rank(
    probes: Vectors,
    hits: Sequence[Hits],
    meant: tuple[npt.NDArray[np.int64], Vectors],
    measure: Measure,
    *,
    k: int,
    count: int,
    changed: Sequence[int] = (),
) -> Ranked:
    """The `count` rows nearest to each probe, held against (worker ids, references) as they are `meant`.

    changed: workers whose rows are older than that, whatever they say; of them all, those who are meant are
    ranked too.
    """
    worker_ids, references = meant
    candidates, sure = [], True
    strayed: set[int] = set()
    for probe, (ids, said) in zip(probes, hits, strict=True):
        rows = np.flatnonzero(np.isin(worker_ids, [*ids, *changed]))
        near = nearest(probe, worker_ids[rows], references[rows], len(rows))
        candidates.append(near[:k])
        older = np.isin(ids, changed)
        strayed |= _strayed(near, ids[~older].tolist(), said[~older].tolist(), measure)
        if len(ids) == count:
            sure &= len(near) >= k and near[k - 1].distance ** measure.power + measure.rounding <= said[-1]
    return Ranked(tuple(candidates), sure, frozenset(strayed))


def _strayed(
    near: Sequence[Candidate], ids: Sequence[int], said: Sequence[float], measure: Measure
) -> set[int]:
    """Workers with a row that is further or nearer than they are, or with two, or of nobody."""
    meant = {candidate.worker_id: candidate.distance**measure.power for candidate in near}
    strayed = {one for one, count in Counter(ids).items() if count > 1}
    return strayed.union(
        one
        for one, far in zip(ids, said, strict=True)
        if one not in meant or not abs(far - meant[one]) <= measure.rounding
    )
