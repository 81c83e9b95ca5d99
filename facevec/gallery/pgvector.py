"""PostgreSQL with pgvector: the gallery lies beside the workers, in one database for many machines.

The database says whose references are near; how near they are is computed from those workers' templates, held
against their marks, as the oracle does it. So a reference that somebody else wrote names nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import fuse
from facevec.errors import RegistryBusy, RegistryError, RegistryReplaced
from facevec.events import Events
from facevec.gallery.exact import check_search, nearest
from facevec.ports import KeptReferences
from facevec.types import Candidate, Neighbourhood, Position, SetAside, Step, Upkeep, Vectors

SPARE = 16
"""Candidates fetched beyond `k`: rounding to 16 bits may not cost one of the `k`."""

ROUNDING = 1.2e-3
"""Bound on how far a distance may be off: each of two unit vectors by 2 ** -11 of its length, sums less."""

FEW = 5_000
"""Workers who are counted with each search; of more, the number of a minute ago does."""

COUNTED_SECONDS = 60.0

ATTEMPTS = 10
"""So often they are brought up for one search, while somebody changes the registry and them not."""

STEPS_A_LINE = 10
"""The log has a line for so many steps, of up to a thousand workers each."""

LISTED = 10
"""So many workers are named in a line."""

logger = Events()

NoteStep = Callable[[Step], None]
Candidates = tuple[tuple[Candidate, ...], ...]


class PgvectorGallery:
    """`ports.LiveGallery` over references in the registry's database; safe to share between threads."""

    def __init__(self, kept: KeptReferences, contract: str, dimension: int) -> None:
        self._kept, self._contract, self._dimension = kept, contract, dimension
        self._updating = threading.Lock()
        self._is_prepared = self._is_replaced = False
        self._replaced = self._revision = self._workers = 0
        self._counted_at: float | None = None
        self._set_aside: SetAside = ()

    def search(self, probes: Vectors, k: int) -> tuple[Position, Candidates]:
        check_search(probes, k, self._dimension)
        count, mended = k + SPARE, False
        while True:
            there = self._neighbourhood(probes, count)
            result = ranked(probes, there, k, count)
            if result.strayed and not mended:
                self._mend(sorted(result.strayed))
                mended = True
            elif result.sure:
                return there.position, result.candidates
            else:
                count *= 4

    def extent(self) -> tuple[int, int]:
        return self._revision, self._workers

    def upkeep(self) -> Upkeep:
        return Upkeep(self._replaced, 0, self._set_aside)

    def require_same(self) -> None:
        if self._is_replaced:
            raise RegistryReplaced("The registry was replaced; what it holds now is being read.")

    def _neighbourhood(self, probes: Vectors, count: int) -> Neighbourhood:
        """Where the registry stands now. Raises RegistryBusy where it cannot be kept up with."""
        if not self._is_prepared:
            self._kept.prepare()
            self._is_prepared = True
        for _ in range(ATTEMPTS):
            there = self._kept.nearest(self._contract, probes, count, extent=self._is_to_count())
            if there is not None:
                self._note(there)
                return there
            self._bring_up()
        raise RegistryBusy("The registry changes faster than its references can be made; try again.")

    def _bring_up(self) -> None:
        with self._updating:
            self._kept.prepare()
            try:
                bring_up(self._kept, self._contract, self._note_step)
            finally:
                self._is_replaced = False

    def _note_step(self, step: Step) -> None:
        if step is Step.REPLACED:
            self._replaced += 1
            self._is_replaced = True
            self._counted_at = None
            logger.warning("registry_replaced", instead="references made anew")

    def _mend(self, worker_ids: Sequence[int]) -> None:
        logger.error(
            "not_authentic", table="gallery_references", rows=worker_ids[:LISTED], count=len(worker_ids),
            instead="made anew from their templates; `facevec index rebuild` looks at the others",
        )  # fmt: skip
        try:
            self._kept.mend(self._contract, worker_ids)
        except RegistryError as error:
            logger.warning("references_not_mended", reason=str(error))

    def _is_to_count(self) -> bool:
        counted = self._counted_at
        return counted is None or self._workers <= FEW or time.monotonic() - counted > COUNTED_SECONDS

    def _note(self, there: Neighbourhood) -> None:
        self._revision, self._set_aside = there.position.revision, there.set_aside
        if there.workers is not None:
            self._workers, self._counted_at = there.workers, time.monotonic()


def bring_up(kept: KeptReferences, contract: str, note: NoteStep = lambda _: None) -> None:
    """Have the references stand where the registry does; `note` hears of each step. Raises RegistryError."""
    steps = 0
    while (step := kept.step(contract)) is not Step.IN_STEP:
        note(step)
        steps += 1
        if steps % STEPS_A_LINE == 0:
            logger.info("references_made", steps=steps)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The `k` nearest to each probe as their templates say. sure: whether nobody nearer was passed over.
    strayed: workers whose reference is not what their templates give."""

    candidates: Candidates
    sure: bool
    strayed: frozenset[int]


def ranked(probes: Vectors, there: Neighbourhood, k: int, count: int) -> Ranked:
    """Those of a neighbourhood for which `count` were asked."""
    worker_ids, references = fuse(there.templates)
    candidates, sure = [], True
    strayed: set[int] = set()
    for probe, (ids, distances) in zip(probes, there.nearest, strict=True):
        rows = np.flatnonzero(np.isin(worker_ids, ids))
        near = nearest(probe, worker_ids[rows], references[rows], count)
        candidates.append(near[:k])
        strayed |= _strayed(near, ids, distances)
        if len(ids) == count:
            sure &= len(near) >= k and near[k - 1].distance + ROUNDING <= distances[-1]
    return Ranked(tuple(candidates), sure, frozenset(strayed))


def _strayed(
    near: Sequence[Candidate], ids: npt.NDArray[np.int64], distances: npt.NDArray[np.float64]
) -> set[int]:
    """Workers whose reference is not what their templates give."""
    said = dict(zip(ids.tolist(), distances.tolist(), strict=True))
    meant = {candidate.worker_id: candidate.distance for candidate in near}
    return {one for one in said if one not in meant or not abs(said[one] - meant[one]) <= ROUNDING}
