"""PostgreSQL with pgvector: the gallery lies beside the workers, in one database for many machines.

The database says whose references are near; how near they are is computed from those workers' templates, held
against their marks, as the oracle does it. So a reference that somebody else wrote names nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from facevec.decision.vectors import fuse
from facevec.errors import RegistryBusy, RegistryError
from facevec.events import Events
from facevec.gallery.elsewhere import Candidates, GalleryElsewhere, Measure, rank, tell_strayed
from facevec.gallery.exact import check_search
from facevec.ports import KeptReferences
from facevec.types import Neighbourhood, Position, Step, Vectors

SPARE = 16
"""Candidates fetched beyond `k`: rounding to 16 bits may not cost one of the `k`."""

HALVED = Measure(power=1, rounding=1.2e-3)
"""A distance may be off so far: each of two unit vectors by 2 ** -11 of its length, sums less."""

ATTEMPTS = 10
"""So often they are brought up for one search, while somebody changes the registry and them not."""

STEPS_A_LINE = 10
"""The log has a line for so many steps, of up to a thousand workers each."""

logger = Events()

NoteStep = Callable[[Step], None]


class PgvectorGallery(GalleryElsewhere):
    """`ports.LiveGallery` over references in the registry's database; safe to share between threads."""

    def __init__(self, kept: KeptReferences, contract: str, dimension: int) -> None:
        super().__init__()
        self._kept, self._contract, self._dimension = kept, contract, dimension
        self._updating = threading.Lock()
        self._is_prepared = False

    def search(self, probes: Vectors, k: int) -> tuple[Position, Candidates]:
        check_search(probes, k, self._dimension)
        count, has_mended = k + SPARE, False
        while True:
            there = self._neighbourhood(probes, count)
            ranked = rank(probes, there.nearest, fuse(there.templates), HALVED, k=k, count=count)
            if ranked.strayed and not has_mended:
                self._mend(sorted(ranked.strayed))
                has_mended = True
            elif ranked.sure:
                return there.position, ranked.candidates
            else:
                count *= 4

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
        tell_strayed("gallery_references", worker_ids)
        try:
            self._kept.mend(self._contract, worker_ids)
        except RegistryError as error:
            logger.warning("references_not_mended", reason=str(error))

    def _note(self, there: Neighbourhood) -> None:
        self._revision, self._set_aside = there.position.revision, there.set_aside
        if there.workers is not None:
            self._counted(there.workers)


def bring_up(kept: KeptReferences, contract: str, note: NoteStep = lambda _: None) -> None:
    """Have the references stand where the registry does; `note` hears of each step. Raises RegistryError."""
    steps = 0
    while (step := kept.step(contract)) is not Step.IN_STEP:
        note(step)
        steps += 1
        if steps % STEPS_A_LINE == 0:
            logger.info("references_made", steps=steps)
