"""The gallery as the registry has it now, kept up to date before each search."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np
import structlog

from facevec.decision.vectors import fuse
from facevec.errors import GalleryError
from facevec.gallery.sharedlock import SharedLock
from facevec.ports import ChangeSource, Clock, Gallery, GenerationStore, utc_now
from facevec.types import Candidate, Snapshot, Vectors

RELOAD_SHARE = 0.5
"""Share of the gallery beyond which changes are not applied one by one: everything is read again."""

SAMPLE = 64
"""Workers of a generation that are compared with the registry before it is trusted."""

SAME_REFERENCE = 1e-6
"""Largest difference, a component, of a reference in a generation from the one the registry gives."""

PAST = datetime.min.replace(tzinfo=timezone.utc)
FOREVER = datetime.max.replace(tzinfo=timezone.utc)

logger = structlog.get_logger()


@dataclass(slots=True)
class _View:
    """`until`: before that moment everybody in it may be recognised."""

    gallery: Gallery
    revision: int
    until: datetime = PAST


class LiveView:
    """Answers at the registry's revision: one cheap query asks for changes before each search.

    Many threads may search at once. Changes are read outside of the lock and applied
    under it, so a search sees all of them or none.

    A generation only shortens the first load. A newer one is not looked for later:
    the view is already as new as the registry.
    """

    def __init__(
        self,
        registry: ChangeSource,
        contract: str,
        new_gallery: Callable[[], Gallery],
        generations: GenerationStore | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._clock = clock
        self._registry = registry
        self._contract = contract
        self._new_gallery = new_gallery
        self._generations = generations
        self._updating = threading.Lock()
        self._lock = SharedLock()
        self._view: _View | None = None

    def search(self, probes: Vectors, k: int) -> tuple[int, tuple[tuple[Candidate, ...], ...]]:
        view = self.refresh()
        with self._lock.shared():
            return view.revision, view.gallery.search(probes, k)

    def extent(self) -> tuple[int, int]:
        view = self._view
        return (0, 0) if view is None else (view.revision, len(view.gallery))

    def refresh(self) -> _View:
        """Bring the view to the registry's revision, loading it at first use.

        Nobody whose consent has ended stays in it. Raises RegistryError when the registry cannot be
        asked: a stale answer is never given.
        """
        view = self._view
        if view is not None and self._is_current(view):
            return view
        with self._updating:
            view = self._view or self._from_generation() or self._from_registry()
            if not self._is_current(view):
                view = self._caught_up(view)
                self._drop_withheld(view)
            self._view = view
            return view

    def _is_current(self, view: _View) -> bool:
        return self._registry.changed_since(view.revision)[0] == view.revision and self._clock() < view.until

    def _drop_withheld(self, view: _View) -> None:
        """The end of a consent is no change of the registry: the view has to look at the clock."""
        withheld, next_end = self._registry.withheld()
        with self._lock.exclusive():
            view.gallery.remove(np.array(withheld, dtype=np.int64))
            view.until = next_end or FOREVER

    def _caught_up(self, view: _View) -> _View:
        revision, changed = self._registry.changed_since(view.revision)
        if revision == view.revision:
            return view
        if revision < view.revision or len(changed) > RELOAD_SHARE * len(view.gallery):
            return self._from_registry()
        _, templates = self._registry.templates(self._contract, changed)
        worker_ids, references = fuse(templates)
        gone = np.setdiff1d(np.array(changed, dtype=np.int64), worker_ids)
        with self._lock.exclusive():
            if len(worker_ids):
                view.gallery.put(worker_ids, references)
            view.gallery.remove(gone)
            view.revision, view.until = revision, PAST
        return view

    def _from_registry(self) -> _View:
        revision, templates = self._registry.templates(self._contract)
        gallery = self._new_gallery()
        if len(templates.worker_ids):
            gallery.put(*fuse(templates))
        return _View(gallery, revision)

    def _from_generation(self) -> _View | None:
        if self._generations is None:
            return None
        try:
            generation = self._generations.load(self._contract, self._registry.state().revision)
            if generation is None:
                return None
            self._check_origin(generation.snapshot)
        except GalleryError as error:
            logger.warning("index_not_used", reason=str(error), instead="registry")
            return None
        snapshot = generation.snapshot
        gallery = self._new_gallery()
        if len(snapshot.worker_ids):
            gallery.put(snapshot.worker_ids, snapshot.references)
        return _View(gallery, snapshot.revision)

    def _check_origin(self, snapshot: Snapshot) -> None:
        """Hold a sample, the newest workers included, against the registry: it may have been
        replaced or restored since, and its worker ids may mean other people now.

        A worker may be missing there without a change, when their consent has expired.
        Raises GalleryError.
        """
        _, changed = self._registry.changed_since(snapshot.revision)
        settled = np.setdiff1d(snapshot.worker_ids, np.array(changed, dtype=np.int64))
        step = max(1, 2 * len(settled) // SAMPLE)
        sample = np.union1d(settled[::step], settled[-SAMPLE // 2 :])
        _, templates = self._registry.templates(self._contract, sample.tolist())
        worker_ids, references = fuse(templates)
        rows = np.searchsorted(snapshot.worker_ids, worker_ids)
        if len(rows) and np.abs(references - snapshot.references[rows]).max() > SAME_REFERENCE:
            raise GalleryError("It was built from another registry; run `facevec index rebuild`.")
