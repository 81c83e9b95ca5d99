"""The gallery as the registry has it now, kept up to date before each search."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from facevec.decision.vectors import fuse
from facevec.errors import GalleryError, RegistryError, RegistryReplaced
from facevec.events import Events
from facevec.gallery.generations import Generations
from facevec.gallery.helpers import Beside
from facevec.gallery.segment import Segment
from facevec.gallery.sharedlock import SharedLock
from facevec.ports import ChangeSource, Clock, Gallery, utc_now
from facevec.types import Candidate, Position, SetAside, Terms, Upkeep, Vectors, microseconds
from facevec.usecases.roll import call_roll, pages_of

RELOAD_SHARE = 0.5
"""Share of the gallery beyond which changes are not applied one by one: everything is read again."""

NOTICED = 1_000_000
"""Microseconds by which a clock goes back before anybody is told."""

TAKING_UP = "gallery-generation"
"""What the thread is called that takes up a newer generation."""

logger = Events()


class NewGallery(Protocol):
    """Makes an empty gallery, or one that begins with what is stored."""

    def __call__(self, stored: Segment | None = None) -> Gallery:
        """Raises GalleryError for what is read at once and is not as it was written."""
        ...


@dataclass(slots=True)
class _View:
    """withheld: who of `terms` is kept out of the gallery, rightly from `since` until before `until`.

    lock: is shared by whoever searches.
    """

    gallery: Gallery
    position: Position
    terms: Terms
    set_aside: SetAside
    withheld: frozenset[int] = frozenset()
    since: int = 0
    until: int = 0
    lock: SharedLock = field(default_factory=SharedLock)


class LiveView:
    """Answers as the registry stands: one cheap query asks for changes before each search.

    Many threads may search at once. Changes are read outside of the lock and applied
    under it, so a search sees all of them or none.

    A registry that is another one than before, or went back, is read anew before the next answer. Whoever may
    not be recognised now is kept out of the gallery, not forgotten: the clock may have been wrong.

    A generation shortens the first load. A newer one that another process has made is taken up beside the
    searches: it changes no answer, but what changed since the older one needs no memory any more, and the
    files of that one no room.
    """

    def __init__(
        self,
        registry: ChangeSource,
        contract: str,
        new_gallery: NewGallery,
        generations: Generations | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._clock = clock
        self._registry = registry
        self._contract = contract
        self._new_gallery = new_gallery
        self._generations = generations
        self._updating, self._taking_up = threading.Lock(), Beside(TAKING_UP)
        self._view: _View | None = None
        self._opened: object = None
        self._latest = self._steps_back = self._replaced = 0
        self._is_replaced = False

    def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        view = self.refresh()
        try:
            return self._searched(view, probes, k)
        except GalleryError as error:
            return self._searched(self._instead_of(view, error), probes, k)

    def _searched(
        self, view: _View, probes: Vectors, k: int
    ) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        with view.lock.shared():
            return view.position, view.gallery.search(probes, k)

    def _instead_of(self, view: _View, error: GalleryError) -> _View:
        """What the registry holds, where a generation was damaged after it was opened."""
        with self._updating:
            if self._view is view:
                self._view = None
                self._view = self._in_place_of_index(error)
        return self.refresh()

    def _in_place_of_index(self, error: GalleryError) -> _View:
        logger.warning("index_not_used", reason=str(error), instead="registry")
        fresh = self._from_registry()
        self._withhold(fresh)
        return fresh

    def extent(self) -> tuple[int, int]:
        view = self._view
        return (0, 0) if view is None else (view.position.revision, len(view.gallery))

    def upkeep(self) -> Upkeep:
        view = self._view
        return Upkeep(self._replaced, self._steps_back, () if view is None else view.set_aside)

    def require_same(self) -> None:
        if self._is_replaced:
            raise RegistryReplaced

    def refresh(self) -> _View:
        """Bring the view to where the registry stands, loading it at first use.

        Nobody whose consent has ended stays in it. Raises RegistryError when the registry cannot be
        asked: a stale answer is never given.
        """
        view = self._view
        if view is not None:
            self._look_for_a_newer()
            if self._is_current(view):
                return view
        with self._updating:
            view = self._view or self._loaded()
            if not self._is_current(view):
                try:
                    view = self._caught_up(view)
                    self._withhold(view)
                except GalleryError as error:
                    view = self._in_place_of_index(error)
            self._view = view
            return view

    def _is_current(self, view: _View) -> bool:
        return self._registry.position() == view.position and view.since <= self._now() < view.until

    def _now(self) -> int:
        """The time, microseconds since 1970. Should it go back, that is noticed and does no harm."""
        now, latest = microseconds(self._clock()), self._latest
        if now < latest - NOTICED:
            self._steps_back += 1
            logger.warning("clock_went_back", seconds=(latest - now) / 1e6)
        self._latest = now
        return now

    def _withhold(self, view: _View) -> None:
        """Take out whoever may not be recognised now, and back in whoever may again.

        The end of a consent is no change of the registry: the view has to look at the clock.
        """
        now = self._now()
        withheld = frozenset(view.terms.ended(now).tolist())
        back = sorted(view.withheld - withheld)
        page = self._registry.page_of(self._contract, back, view.position) if back else None
        with view.lock.exclusive():
            if page is not None and len(page.templates.worker_ids):
                view.gallery.put(*fuse(page.templates))
            view.gallery.remove(np.array(sorted(withheld), dtype=np.int64))
            view.withheld = withheld
            view.since, view.until = view.terms.unchanged(now)

    def _caught_up(self, view: _View) -> _View:
        try:
            return self._brought_up(view)
        except RegistryReplaced as error:
            logger.warning("registry_replaced", reason=str(error), instead="read anew")
            return self._replacing()

    def _brought_up(self, view: _View) -> _View:
        """What changed since, or all of it where that is less work. Raises RegistryReplaced."""
        position, changed = self._registry.changed_since(view.position)
        if position == view.position:
            return view
        if len(changed) > RELOAD_SHARE * len(view.gallery):
            return self._from_registry()
        return self._changed(view, position, changed)

    def _replacing(self) -> _View:
        """What the registry holds now; nobody is told meanwhile that this process is ready."""
        self._replaced += 1
        self._is_replaced = True
        try:
            return self._loaded()
        finally:
            self._is_replaced = False

    def _changed(self, view: _View, position: Position, changed: Sequence[int]) -> _View:
        pages = [*pages_of(self._registry, self._contract, changed, position)]
        ended = np.concatenate([page.terms.ended(self._now()) for page in pages])
        fused = [fuse(page.templates) for page in pages]
        gone = np.setdiff1d(changed, np.concatenate([worker_ids for worker_ids, _ in fused]))
        anew = Terms.together([page.terms for page in pages])
        terms = view.terms.replaced(changed, anew)
        set_aside = tuple(each for each in view.set_aside if each[0] not in set(changed))
        with view.lock.exclusive():
            view.gallery.remove(np.union1d(gone, ended))
            for worker_ids, references in fused:
                searched = ~np.isin(worker_ids, ended)
                if searched.any():
                    view.gallery.put(worker_ids[searched], references[searched])
            view.position, view.terms = position, terms
            view.set_aside = set_aside + tuple(each for page in pages for each in page.set_aside)
            view.withheld = view.withheld.difference(changed).union(ended.tolist())
            view.until = view.since = 0
        return view

    def _loaded(self) -> _View:
        """As the registry stands, whatever it is read from."""
        view = self._from_generation()
        return self._from_registry() if view is None else view

    def _from_registry(self) -> _View:
        roll, gallery = call_roll(self._registry, self._contract, self._new_gallery)
        return _View(gallery, roll.position, roll.terms, roll.set_aside)

    def _from_generation(self) -> _View | None:
        """A generation that this registry passed through, brought up to date unless that is more work."""
        if self._generations is None:
            return None
        self._opened = self._generations.turn()
        try:
            opened = self._generations.open(self._contract)
            if opened is None:
                return None
            generation, stored = opened
            snapshot = generation.snapshot
            position, changed = self._registry.changed_since(snapshot.position)
            if len(changed) > RELOAD_SHARE * generation.workers:
                return None
            view = _View(
                self._new_gallery(stored), snapshot.position, self._registry.terms(), snapshot.set_aside
            )
            return self._changed(view, position, changed) if changed else view
        except (GalleryError, RegistryReplaced) as error:
            logger.warning("index_not_used", reason=str(error), instead="registry")
            return None

    def _look_for_a_newer(self) -> None:
        """Have a generation that was swapped in meanwhile taken up, while searches go on."""
        if self._generations is not None and self._generations.turn() != self._opened:
            self._taking_up.start(self._take_up)

    def _take_up(self) -> None:
        try:
            fresh = self._from_generation()
            if fresh is not None:
                with self._updating:
                    fresh = self._brought_up(fresh)
                    self._withhold(fresh)
                    self._view = fresh
                logger.info("generation_taken_up", revision=fresh.position.revision)
        except RegistryError as error:
            logger.warning("index_not_used", reason=str(error), instead="the one before")
