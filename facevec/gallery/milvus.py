"""Milvus: the gallery lies in servers of its own, for tens of millions.

Milvus says whose rows are near. Who they are, whether they are still there, and how near they are is read and
computed from the registry, as the oracle does it: a row that is old, rotten or somebody else's names nobody.
Who changed since Milvus was brought up is looked up in the registry, too: no search waits for its next tick.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import fuse
from facevec.errors import (
    FacevecError,
    GalleryUnavailable,
    RebuildRunning,
    RegistryBusy,
    RegistryReplaced,
)
from facevec.events import Events
from facevec.gallery.elsewhere import Candidates, GalleryElsewhere, Measure, Ranked, rank, tell_strayed
from facevec.gallery.exact import check_search
from facevec.gallery.helpers import Beside
from facevec.gallery.milvus_collection import MOST_ROWS, CollectionGone
from facevec.gallery.milvus_steps import MilvusSteps, Reflection
from facevec.ports import Clock, Registry
from facevec.types import Page, Position, Vectors, microseconds

SPARE = 8
"""Rows fetched beyond `k`, so that rounding in Milvus cannot cost one of the `k`."""

SQUARED = Measure(power=2, rounding=2e-5)
"""Two squared distances of unit vectors, at most 4, may be off so far in Milvus's float32 sums."""

FEW_CHANGED = 100
"""Workers who changed, up to whom they are looked up with each search; for more, Milvus is waited for."""

FOLLOWING = "milvus-gallery"
"""What the thread is called that brings Milvus up."""

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
        writing: threading.Lock,
    ) -> None:
        """writing: is held by whoever writes in this process, until the change is whole."""
        super().__init__()
        self._registry, self._steps, self._clock = registry, steps, clock
        self._contract, self._dimension = contract, dimension
        self._updating, self._following, self._writing = threading.Lock(), Beside(FOLLOWING), writing
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
        here, position, changed = self._near()
        count = min(count + len(changed), MOST_ROWS)
        hits = here.collection.search(probes, count, at)
        # Asked afterwards: a Milvus that has just started answers as of long ago, and comes nearer.
        if not here.is_reached(here.collection.stands(at_once=True)):
            if self._here is here:
                self._here = None
            return position, None
        near = {int(worker_id) for worker_ids, _ in hits for worker_id in worker_ids}
        page = self._registry.page_of(self._contract, sorted(near.union(changed)), position)
        meant = _recognizable(page, at)
        if self._is_to_count():
            newer = int(np.isin(meant[0], changed).sum())
            self._counted(here.collection.count(at, changed, at_once=True) + newer)
        self._revision = position.revision
        ranked = rank(probes, hits, meant, SQUARED, k=k, count=count, changed=changed)
        if page.position != position:
            # Whoever was changed since is ranked as they are now; their row is not wrong, but older.
            ranked = replace(ranked, strayed=frozenset())
        return position, ranked

    def _near(self) -> tuple[Reflection, Position, Sequence[int]]:
        """(what is in Milvus, where the registry stands, who changed in between).

        A few are looked up in the registry with each search, while Milvus is brought up beside the searches.
        """
        here = self._here
        if here is not None:
            position = self._registry.position()
            if position == here.position:
                return here, position, ()
            position, changed = self._registry.changed_since(here.position)
            if len(changed) <= FEW_CHANGED:
                self._following.start(self._follow)
                return here, position, changed
        here = self._in_step()
        return here, here.position, ()

    def _follow(self) -> None:
        """Have Milvus brought to where the registry stands."""
        try:
            self._in_step()
        except FacevecError as error:
            logger.warning("milvus_not_followed", reason=str(error))

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
            try:
                here = self._followed() or self._filled()
                here.collection.stands()  # waits until searches see what was written
            except BaseException:
                self._here = None
                raise
            self._counted_at = None
            self._set_aside = self._steps.set_aside
            self._here = here
            return here

    def _followed(self) -> Reflection | None:
        """None where Milvus holds nothing that leads to where the registry stands."""
        for before in (self._here, None):
            here = before or self._steps.reflected(self._dimension)
            if here is None:
                return None
            try:
                with self._writing:
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
        with self._updating, self._writing:
            if self._here is not None:
                self._steps.mend(self._here, worker_ids)
                self._here.collection.stands()


def _recognizable(page: Page, at: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """(worker ids, references) of those whose term has not ended at that moment."""
    worker_ids, references = fuse(page.templates)
    may_be = ~np.isin(worker_ids, page.terms.ended(at))
    return worker_ids[may_be], references[may_be]
