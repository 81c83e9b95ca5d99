"""What the nightly job does with references in the registry's database, and what they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from facevec.errors import GalleryError, GalleryUnavailable
from facevec.gallery.faiss_engine import live_view
from facevec.gallery.live import LiveView
from facevec.gallery.pgvector import PgvectorGallery, bring_up
from facevec.ports import Clock, KeptReferences, Registry
from facevec.types import ReferencesKept, SetAside
from facevec.usecases.rebuild import IndexStatus, RebuildReport, registry_status

ENGINE = "pgvector"

EXACT_UP_TO = 100_000
"""Workers up to whom each reference is compared; of more, a graph is searched once it was made."""


class PgvectorEngine:
    """`gallery.engines.GalleryEngine` over the registry's own PostgreSQL."""

    def __init__(
        self, registry: Registry, kept: KeptReferences, clock: Clock, exact_up_to: int = EXACT_UP_TO
    ) -> None:
        self._registry, self._kept, self._clock = registry, kept, clock
        self._exact_up_to = exact_up_to

    def live(self, contract: str, dimension: int) -> PgvectorGallery:
        return PgvectorGallery(self._kept, contract, dimension)

    def survey(self, contract: str, dimension: int) -> LiveView:
        """In this process's memory: each of the searches would go through all of the table."""
        return live_view(self._registry, contract, dimension, self._clock)

    def rebuild(self) -> RebuildReport | None:
        """Hold each reference against what its templates give, mend what differs, and arrange the graph."""
        contract = self._registry.state().contract
        if contract is None:
            return None
        started = time.monotonic()
        self._kept.prepare()
        mended = 0
        for wrong in self._wrong(contract):
            self._kept.mend(contract, wrong)
            mended += len(wrong)
        self._kept.arrange(contract, graph=self._here(contract).references > self._exact_up_to)
        here = self._here(contract)
        revision, _, templates = self._registry.enrolled(contract)
        return RebuildReport(
            generation=None,
            revision=revision,
            workers=here.references,
            templates=templates,
            size=here.size,
            seconds=time.monotonic() - started,
            engine=ENGINE,
            kind=_kind(here),
            mended=mended,
        )

    def status(self, set_aside: SetAside | None = None) -> IndexStatus:
        """set_aside: where it is known the references are not held against the templates either."""
        status = registry_status(self._registry, ENGINE)
        contract = status.contract
        if contract is None:
            return status
        try:
            self._kept.prepare()
            wrong = sum(map(len, self._wrong(contract))) if set_aside is None else 0
        except GalleryError as error:
            return replace(status, fault=str(error))
        here = self._here(contract)
        lag = None if here.position is None else max(0, status.registry_revision - here.position.revision)
        return replace(
            status,
            generation_revision=None if here.position is None else here.position.revision,
            generation_workers=here.references,
            lag=lag,
            size=here.size,
            fault=f"{wrong} references are not what their templates give; run `facevec index rebuild`."
            if wrong
            else None,
            set_aside=here.set_aside if set_aside is None else set_aside,
            kind=_kind(here),
        )

    def forget(self) -> None:
        """What was removed went with its templates, in one transaction."""

    def _wrong(self, contract: str) -> Iterator[tuple[int, ...]]:
        """Workers whose reference is not what their templates give, a page at a time."""
        after: int | None = 0
        while after is not None:
            bring_up(self._kept, contract)
            page = self._kept.wrong(contract, after)
            if page is None:
                continue
            after, wrong = page
            if wrong:
                yield wrong

    def _here(self, contract: str) -> ReferencesKept:
        kept = self._kept.kept(contract)
        if kept is None:
            raise GalleryUnavailable("The references were taken out of the database meanwhile; try again.")
        return kept


def _kind(here: ReferencesKept) -> str:
    return "hnsw" if here.graph else "exact"
