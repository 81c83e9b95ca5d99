"""Milvus: the gallery lies in servers of its own, for tens of millions.

Milvus says whose rows are near. Who they are, whether they are still there, and how near they are is read and
computed from the registry, as the oracle does it: a row that is old, rotten or somebody else's names nobody.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import fuse
from facevec.errors import GalleryUnavailable, RebuildRunning, RegistryBusy, RegistryReplaced
from facevec.events import Events
from facevec.gallery.elsewhere import Candidates, GalleryElsewhere, Measure, Ranked, rank, tell_strayed
from facevec.gallery.exact import check_search
from facevec.gallery.milvus_collection import MOST_ROWS
from facevec.gallery.milvus_server import CollectionGone
from facevec.gallery.milvus_steps import MilvusSteps, Reflection
from facevec.gallery.sharedlock import SharedLock
from facevec.ports import Clock, Registry
from facevec.types import Page, Position, Vectors, microseconds

SPARE = 8
"""Rows fetched beyond `k`, so that rounding in Milvus cannot cost one of the `k`."""

SQUARED = Measure(power=2, rounding=2e-5)
"""Two squared distances of unit vectors, at most 4, may be off so far in Milvus's float32 sums."""

ATTEMPTS = 10
"""So often one search is begun while the registry changes, or Milvus, and it not."""

logger = Events()


class MilvusGallery(GalleryElsewhere):
    """`ports.LiveGallery` over a collection in Milvus; safe to share between threads."""

    def __init__(
        self,
        registry: Registry,
        steps: MilvusSteps,
        contract: str,
        dimension: int,
        clock: Clock,
        lock: SharedLock,
    ) -> None:
        """lock: is held alone by whoever deletes rows in this process, until the change that it belongs to is
        whole: the client loses count at a deletion."""
        super().__init__()
        self._registry, self._steps, self._clock = registry, steps, clock
        self._contract, self._dimension = contract, dimension
        self._updating = threading.Lock()
        self._lock = lock
        self._here: Reflection | None = None
        self._is_filling = False

    def search(self, probes: Vectors, k: int) -> tuple[Position, Candidates]:
        check_search(probes, k, self._dimension)
        count, has_mended = k + SPARE, False
        for _ in range(ATTEMPTS):
            try:
                position, ranked = self._rank(probes, k, count)
            except (CollectionGone, RegistryReplaced):
                self._here = None
                continue
            if ranked is None:
                continue
            if ranked.strayed and not has_mended:
                self._mend(sorted(ranked.strayed))
                has_mended = True
            elif ranked.sure or count == MOST_ROWS:
                return position, ranked.candidates
            else:
                count = min(4 * count, MOST_ROWS)
        raise RegistryBusy("The registry changes faster than Milvus can be brought up to it; try again.")

    def _rank(self, probes: Vectors, k: int, count: int) -> tuple[Position, Ranked | None]:
        """(where the registry stood, the nearest there); None where Milvus is no longer as it was left."""
        at = microseconds(self._clock())
        here = self._here
        if here is None or here.position != self._registry.position():
            here = self._in_step()
        with self._lock.shared():
            if not here.is_reached(here.collection.stands()):
                self._here = None
                return here.position, None
            hits = here.collection.search(probes, count, at)
            if self._is_to_count():
                self._counted(here.collection.count(at))
        ids = sorted({int(worker_id) for worker_ids, _ in hits for worker_id in worker_ids})
        page = self._registry.page_of(self._contract, ids, here.position)
        self._revision = here.position.revision
        ranked = rank(probes, hits, _recognizable(page, at), SQUARED, k=k, count=count)
        if page.position != here.position:
            # Whoever was changed since is ranked as they are now; their row is not wrong, but older.
            ranked = replace(ranked, strayed=frozenset())
        return here.position, ranked

    def _in_step(self) -> Reflection:
        """Bring what is in Milvus to where the registry stands, filling it where it has to be.

        Whoever comes while it is filled is told so at once: that may take minutes.
        """
        if self._is_filling:
            raise GalleryUnavailable("The gallery in Milvus is being filled; try again in a while.")
        with self._updating:
            here = self._here
            if here is not None and here.position == self._registry.position():
                return here
            here = self._followed()
            if here is None:
                here = self._filled()
            self._counted_at = None
            self._set_aside = self._steps.set_aside
            self._here = here
            return here

    def _followed(self) -> Reflection | None:
        """None where Milvus holds nothing that leads to where the registry stands."""
        known, self._here = self._here, None
        for before in (known, None):
            here = before or self._steps.reflected(self._dimension)
            if here is None:
                return None
            try:
                with self._lock.exclusive():
                    return self._steps.followed(here)
            except RegistryReplaced as error:
                reason = str(error)
        logger.warning("registry_replaced", reason=reason, instead="filled anew")
        self._replaced += 1
        self._is_replaced = True
        return None

    def _filled(self) -> Reflection:
        self._is_filling = True
        try:
            return self._steps.filled(self._dimension)
        except RebuildRunning as error:
            raise GalleryUnavailable(str(error)) from error
        finally:
            self._is_filling = self._is_replaced = False

    def _mend(self, worker_ids: Sequence[int]) -> None:
        """Have the rows of workers be what their templates give."""
        tell_strayed("milvus", worker_ids)
        with self._updating, self._lock.exclusive():
            if self._here is not None:
                self._steps.mend(self._here, worker_ids)


def _recognizable(page: Page, at: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """(worker ids, references) of those whose term has not ended at that moment."""
    worker_ids, references = fuse(page.templates)
    may_be = ~np.isin(worker_ids, page.terms.ended(at))
    return worker_ids[may_be], references[may_be]
