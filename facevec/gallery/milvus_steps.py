"""How the gallery in Milvus comes to where the registry stands: filled, brought up by its changes, proved."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np

from facevec.decision.vectors import fuse
from facevec.errors import (
    FacevecError,
    GalleryUnavailable,
    JobRunning,
    RebuildRunning,
    RegistryReplaced,
)
from facevec.events import Events
from facevec.gallery.milvus_collection import MOST_ROWS, Collection, Rows, key_of
from facevec.gallery.milvus_meant import LAST, Meant, ends_of
from facevec.gallery.milvus_server import MilvusServer, Whose
from facevec.ports import Leases, Registry
from facevec.types import Page, Position, SetAside
from facevec.usecases.roll import require_ascending, require_some

EXACT_UP_TO = 500_000
"""Workers up to whom each row is compared; of more, a graph is searched."""

POLLED_SECONDS, STALLED_SECONDS = 2.0, 600.0
"""How often a graph that is made is looked at, and after how long without progress no more."""

WORKERS_A_PAGE = 1_000

PAGES_A_LINE = 10
"""The log has a line for so many pages, of up to a thousand workers each."""

ATTEMPTS = 3
"""So often a filling is begun while the registry is replaced again and again."""

LEASE = "milvus"

logger = Events()


@dataclass(frozen=True, slots=True)
class Reflection:
    """A collection that holds the gallery where the registry stood at `position`.

    is_read: whether this process has written there since, and so reads whatever was written before.
    """

    collection: Collection
    position: Position
    is_read: bool = False

    def is_reached(self, stands: Position | None) -> bool:
        """Whether Milvus, where it says that it stands, holds all of this; it may have gone on."""
        if stands is None:
            return False
        same = (stands.registry, stands.epoch) == (self.position.registry, self.position.epoch)
        return stands == self.position or (same and stands.revision > self.position.revision)


class MilvusSteps:
    """Of the gallery of one registry under one contract.

    Every method may raise GalleryUnavailable and RegistryError; CollectionGone where somebody else put
    another collection in the place of the one it uses.
    """

    def __init__(
        self,
        registry: Registry,
        server: MilvusServer,
        leases: Leases,
        contract: str,
        key: str,
        exact_up_to: int = EXACT_UP_TO,
    ) -> None:
        """key: the fingerprint of the integrity key."""
        self._registry, self._server, self._leases = registry, server, leases
        self._contract, self._key, self._exact_up_to = contract, key, exact_up_to
        self._set_aside: dict[int, SetAside] = {}

    @property
    def set_aside(self) -> SetAside:
        """As in `Page`, of those workers who were read here."""
        return tuple(each for some in [*self._set_aside.values()] for each in some)

    def reflected(self, dimension: int | None = None) -> Reflection | None:
        """What is in Milvus, as old as it is; None where nothing is, or nothing whole."""
        collection = self._server.current(self._whose(self._registry.position()), dimension)
        stands = None if collection is None else collection.stands()
        return None if collection is None or stands is None else Reflection(collection, stands)

    def followed(self, reflection: Reflection) -> Reflection:
        """Brought to where the registry stands. Raises RegistryReplaced where it never stood there."""
        collection = reflection.collection
        stands = collection.stands()
        if not reflection.is_read or stands != reflection.position:
            collection.mark()
            stands = collection.stands()
        if stands is None:
            raise RegistryReplaced(f"The collection {collection.name} in Milvus does not say what it holds.")
        position, changed = self._registry.changed_since(stands)
        if position == stands:
            return Reflection(collection, position, is_read=True)
        for start in range(0, len(changed), WORKERS_A_PAGE):
            some = changed[start : start + WORKERS_A_PAGE]
            page = self._registry.page_of(self._contract, some, position)
            older = collection.older(some, page.position.revision)
            self._put(collection, page)
            collection.delete(older)
        collection.note(position)
        return Reflection(collection, position, is_read=True)

    def filled(self, dimension: int, *, anew: bool = False) -> Reflection:
        """A new collection with all of the gallery, in place of any other.

        anew: even if another process has just filled one. Raises RebuildRunning while one does.
        """
        with self._alone() as still_alone:
            for _ in range(ATTEMPTS):
                with suppress(RegistryReplaced):
                    there = None if anew else self.reflected(dimension)
                    if there is not None:
                        return self.followed(there)
                with suppress(RegistryReplaced):
                    return self._filled(dimension, still_alone)
        raise RegistryReplaced("The registry was replaced again and again while it was read; try again.")

    def proved(self, reflection: Reflection) -> tuple[Reflection, int]:
        """Every row held against what its worker's templates give; (where it stands, how many were mended).

        What fillings that were killed have left is dropped, and Milvus told to clear what was deleted.
        Raises RegistryReplaced as `followed`, RebuildRunning while another process is at it.
        """
        collection, mended = reflection.collection, 0
        with self._alone() as still_alone:
            mended += self._mended(collection, None, collection.between(-LAST, 0))
            for after, page in self._pages(reflection.position):
                last = int(page.worker_ids[-1]) if len(page.worker_ids) else LAST
                mended += self._mended(collection, page, collection.between(after, last))
                still_alone()
            collection.mark()
            self._server.clear(self._whose(reflection.position), collection)
            collection.compact()
        return self.followed(reflection), mended

    def mend(self, reflection: Reflection, worker_ids: Sequence[int]) -> None:
        """Have the rows of some workers be what their templates give."""
        page = self._registry.page_of(self._contract, worker_ids, reflection.position)
        self._mended(reflection.collection, page, reflection.collection.of(worker_ids))
        reflection.collection.mark()

    def dimension(self) -> int | None:
        """Of the templates; None without any."""
        for _, page in self._pages(self._registry.position()):
            if len(page.templates.worker_ids):
                return int(page.templates.vectors.shape[1])
        return None

    def looked_through(self) -> SetAside:
        """Every template that is set aside, in the registry itself."""
        return tuple(each for _, page in self._pages(self._registry.position()) for each in page.set_aside)

    def wants_graph(self) -> bool:
        """Whether there are too many to compare each."""
        return self._registry.enrolled(self._contract)[1] > self._exact_up_to

    def _filled(self, dimension: int, still_alone: Callable[[], None]) -> Reflection:
        start = self._registry.position()
        workers = self._registry.enrolled(self._contract)[1]
        graph = workers > self._exact_up_to
        collection = self._server.begin(self._whose(start), dimension, graph=graph)
        try:
            return self._fill(collection, start, workers, still_alone)
        except BaseException:
            with suppress(FacevecError):
                self._server.drop(collection)
            raise

    def _fill(
        self, collection: Collection, start: Position, workers: int, still_alone: Callable[[], None]
    ) -> Reflection:
        rows = 0
        self._set_aside.clear()
        for number, (_, page) in enumerate(self._pages(start), start=1):
            rows += self._put(collection, page)
            still_alone()
            if number % PAGES_A_LINE == 0:
                logger.info("milvus_filled", workers=rows, of=workers)
        require_some(self.set_aside, kept=rows)
        collection.note(start)
        self._settle(collection, still_alone)
        there = self.followed(Reflection(collection, start, is_read=True))
        self._server.make_current(self._whose(start), collection)
        return there

    def _settle(self, collection: Collection, still_alone: Callable[[], None]) -> None:
        """Wait until the graph has every row. Where it does not come nearer, go on without: it is searched
        meanwhile, less well."""
        if not collection.graph:
            return
        collection.flush()
        left, since = collection.unindexed(), time.monotonic()
        while left and time.monotonic() - since < STALLED_SECONDS:
            time.sleep(POLLED_SECONDS)
            still_alone()
            before, left = left, collection.unindexed()
            if left != before:
                since = time.monotonic()
                logger.info("milvus_graph_made", left=left)
        if left:
            logger.warning("milvus_graph_stalls", left=left)

    def _whose(self, position: Position) -> Whose:
        return Whose(position.registry, self._contract, self._key)

    def _pages(self, since: Position) -> Iterator[tuple[int, Page]]:
        """(whom it follows, page) of everybody; the last is of nobody. Raises RegistryError."""
        after = 0
        while True:
            page = self._registry.next_page(self._contract, after, since)
            require_ascending(page.worker_ids, after)
            yield after, page
            if not len(page.worker_ids):
                return
            after, since = int(page.worker_ids[-1]), page.position

    def _put(self, collection: Collection, page: Page) -> int:
        """Write what a page says of its workers; how many have a reference."""
        worker_ids, references = fuse(page.templates)
        collection.put(worker_ids, references, ends_of(page), page.position.revision)
        self._note(page)
        return len(worker_ids)

    def _note(self, page: Page) -> None:
        for worker_id in page.worker_ids.tolist():
            self._set_aside.pop(worker_id, None)
        for each in page.set_aside:
            self._set_aside[each.worker_id] = (*self._set_aside.get(each.worker_id, ()), each)

    def _mended(self, collection: Collection, page: Page | None, rows: Rows) -> int:
        """Have the rows of a page's workers be what they should be; how many were not.

        page: of nobody, where it is None. Rows of a later revision than the page's are another process's, as
        long as the registry has come so far.
        """
        if len(rows.keys) == MOST_ROWS:
            raise GalleryUnavailable(
                f"The collection {collection.name} in Milvus holds thousands of rows that are nobody's; drop "
                "it there, and run `facevec index rebuild`."
            )
        latest = self._registry.position().revision
        meant = Meant(page)
        right: set[int] = set()
        wrong: set[str] = set()
        for place, key in enumerate(rows.keys):
            worker_id = int(rows.worker_ids[place])
            newer = meant.revision < rows.revisions[place] <= latest
            if newer or (worker_id not in right and meant.allows(rows, place)):
                right.add(worker_id)
            else:
                wrong.add(key)
        missing = np.flatnonzero(~np.isin(meant.worker_ids, sorted(right)))
        collection.put(meant.worker_ids[missing], meant.references[missing], meant.ends, meant.revision)
        anew = {key_of(int(worker_id), meant.revision) for worker_id in meant.worker_ids[missing]}
        collection.delete(sorted(wrong - anew))
        return len(wrong | anew)

    @contextmanager
    def _alone(self) -> Iterator[Callable[[], None]]:
        """While nobody else fills or proves; what is given raises JobRunning where somebody took over."""
        holder = f"{socket.gethostname()}, process {os.getpid()}"
        try:
            lease = self._leases.take(LEASE, holder)
        except JobRunning as error:
            raise RebuildRunning(f"Milvus is being filled or proved: {error}") from error
        try:
            yield lambda: self._leases.renew(lease)
        finally:
            with suppress(FacevecError):  # it ends by itself
                self._leases.release(lease)
