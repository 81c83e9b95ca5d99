"""Which engine searches: one entry each, and what one is made of.

Nothing is imported before it is asked for: the settings name the engines, and load none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from facevec.ports import Clock, KeptReferences, LiveGallery, Registry

if TYPE_CHECKING:
    from facevec.gallery.generations import Generations
    from facevec.types import SetAside
    from facevec.usecases.rebuild import IndexStatus, RebuildReport

EngineName = Literal["faiss", "pgvector"]
"""As the settings name it."""


class GalleryEngine(Protocol):
    """What searches among the workers, and what is kept so that it can."""

    def live(self, contract: str, dimension: int) -> LiveGallery:
        """The gallery under `contract`, as the registry has it now. Raises GalleryError."""
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


@dataclass(frozen=True, slots=True)
class Parts:
    """What engines are made of."""

    registry: Registry
    generations: Generations
    references: KeptReferences
    clock: Clock


def _faiss(parts: Parts) -> GalleryEngine:
    from facevec.gallery.faiss_engine import FaissEngine

    return FaissEngine(parts.registry, parts.generations, parts.clock)


def _pgvector(parts: Parts) -> GalleryEngine:
    from facevec.gallery.pgvector_engine import PgvectorEngine

    return PgvectorEngine(parts.registry, parts.references)


ENGINES: Mapping[EngineName, Callable[[Parts], GalleryEngine]] = {"faiss": _faiss, "pgvector": _pgvector}
