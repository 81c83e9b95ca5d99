"""What the nightly job does with the gallery in Milvus, and what is there."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace

from facevec.errors import GalleryError, RegistryReplaced
from facevec.gallery.milvus import MilvusGallery
from facevec.gallery.milvus_server import MilvusServer
from facevec.gallery.milvus_steps import EXACT_UP_TO, MilvusSteps, Reflection
from facevec.ports import Clock, Leases, Registry
from facevec.types import SetAside, microseconds
from facevec.usecases.rebuild import IndexStatus, RebuildReport, registry_status

ENGINE = "milvus"

BYTES_A_NUMBER = 4


class MilvusEngine:
    """`gallery.engines.GalleryEngine` over a Milvus server or cluster."""

    def __init__(
        self,
        registry: Registry,
        server: MilvusServer,
        leases: Leases,
        clock: Clock,
        key: str,
        exact_up_to: int = EXACT_UP_TO,
    ) -> None:
        """key: the fingerprint of the integrity key."""
        self._registry, self._server, self._leases, self._clock = registry, server, leases, clock
        self._key, self._exact_up_to = key, exact_up_to
        self._writing = threading.Lock()

    def live(self, contract: str, dimension: int) -> MilvusGallery:
        steps = self._steps(contract)
        return MilvusGallery(self._registry, steps, contract, dimension, self._clock, self._writing)

    def survey(self, contract: str, dimension: int) -> MilvusGallery:
        return self.live(contract, dimension)

    def rebuild(self) -> RebuildReport | None:
        """Hold each row against what its worker's templates give and mend what differs; or fill Milvus.

        It is filled where nothing of this registry is there, and where so many are enrolled now that they
        are searched by a graph, or so few that they are not.
        """
        state = self._registry.state()
        if state.contract is None:
            return None
        started = time.monotonic()
        here, mended = self._made_right(self._steps(state.contract))
        _, workers, templates = self._registry.enrolled(state.contract)
        return RebuildReport(
            generation=here.collection.name if here else None,
            revision=here.position.revision if here else state.revision,
            workers=workers,
            templates=templates,
            size=workers * here.collection.dimension * BYTES_A_NUMBER if here else 0,
            seconds=time.monotonic() - started,
            engine=ENGINE,
            kind=_kind(here),
            mended=mended,
        )

    def status(self, set_aside: SetAside | None = None) -> IndexStatus:
        """What is in Milvus, and how far behind. set_aside: where it is known; else templates are read."""
        status = registry_status(self._registry, ENGINE)
        if status.contract is None:
            return status
        steps = self._steps(status.contract)
        status = replace(status, set_aside=steps.looked_through() if set_aside is None else set_aside)
        try:
            here = steps.reflected()
            if here is None:
                return status
            count = here.collection.count(microseconds(self._clock()))
            self._registry.changed_since(here.position)
        except GalleryError as error:
            return replace(status, fault=str(error))
        except RegistryReplaced as error:
            return replace(status, fault=f"It is not of what the registry holds: {error}")
        return replace(
            status,
            generation=here.collection.name,
            generation_revision=here.position.revision,
            generation_workers=count,
            lag=max(0, status.registry_revision - here.position.revision),
            size=count * here.collection.dimension * BYTES_A_NUMBER,
            kind=_kind(here),
        )

    def forget(self) -> None:
        """Delete in Milvus whom the registry holds no longer. A filling drops what is of another history."""
        contract = self._registry.state().contract
        if contract is None:
            return
        steps = self._steps(contract)
        here = steps.reflected()
        if here is not None:
            with suppress(RegistryReplaced), self._writing:
                steps.followed(here)

    def _made_right(self, steps: MilvusSteps) -> tuple[Reflection | None, int]:
        """(what is in Milvus now, rows that were mended); None where nobody has a template."""
        with suppress(RegistryReplaced):
            here = steps.reflected()
            if here is not None and here.collection.graph == steps.wants_graph():
                return steps.proved(steps.followed(here))
        dimension = steps.dimension()
        return (None if dimension is None else steps.filled(dimension, anew=True)), 0

    def _steps(self, contract: str) -> MilvusSteps:
        return MilvusSteps(self._registry, self._server, self._leases, contract, self._key, self._exact_up_to)


def _kind(here: Reflection | None) -> str:
    return "hnsw" if here is not None and here.collection.graph else "exact"
