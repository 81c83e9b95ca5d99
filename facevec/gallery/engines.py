"""Which engine searches: one entry each, and what one is made of.

Nothing is imported before it is asked for: the settings name the engines, and load none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from facevec.gallery.generations import Generations
    from facevec.integrity import IntegrityKey
    from facevec.ports import Clock, KeptReferences, Leases, LiveGallery, Registry
    from facevec.types import SetAside
    from facevec.usecases.rebuild import IndexStatus, RebuildReport

EngineName = Literal["faiss", "pgvector", "milvus"]
"""As the settings name it."""


class GalleryEngine(Protocol):
    """What searches among the workers, and what is kept so that it can."""

    def live(self, contract: str, dimension: int) -> LiveGallery:
        """The gallery under `contract`, as the registry has it now. Raises GalleryError."""
        ...

    def survey(self, contract: str, dimension: int) -> LiveGallery:
        """As `live`, for whoever searches for everybody, some hundred at a time. Raises GalleryError."""
        ...

    def rebuild(self) -> RebuildReport | None:
        """What the nightly job does with what is kept; None when nobody was ever enrolled.

        Raises RebuildRunning, GalleryError, RegistryError; what stood before then stays in use.
        """
        ...

    def status(self, set_aside: SetAside | None = None) -> IndexStatus:
        """What is kept beside the registry. set_aside: where it is known already; else it is looked for.

        Raises RegistryError.
        """
        ...

    def forget(self) -> None:
        """Take out of what is kept elsewhere whom the registry holds no longer. Raises GalleryError."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What engines are made of."""

    registry: Registry
    generations: Generations
    references: KeptReferences
    leases: Leases
    clock: Clock
    key: IntegrityKey
    milvus_url: str


def _faiss(parts: Parts) -> GalleryEngine:
    from facevec.gallery.faiss_engine import FaissEngine

    return FaissEngine(parts.registry, parts.generations, parts.clock)


def _pgvector(parts: Parts) -> GalleryEngine:
    from facevec.gallery.pgvector_engine import PgvectorEngine

    return PgvectorEngine(parts.registry, parts.references, parts.clock)


def _milvus(parts: Parts) -> GalleryEngine:
    from facevec.gallery.milvus_engine import MilvusEngine
    from facevec.gallery.milvus_server import Address, MilvusServer

    server = MilvusServer(Address.of(parts.milvus_url))
    return MilvusEngine(parts.registry, server, parts.leases, parts.clock, parts.key.fingerprint)


ENGINES: Mapping[EngineName, Callable[[Parts], GalleryEngine]] = {
    "faiss": _faiss,
    "pgvector": _pgvector,
    "milvus": _milvus,
}
