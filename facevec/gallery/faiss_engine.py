"""FAISS in this process's memory, beside generations on disk."""

from __future__ import annotations

from functools import partial

from facevec.gallery.generations import Generations
from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import LiveView
from facevec.ports import Clock, Registry
from facevec.types import SetAside
from facevec.usecases.rebuild import IndexStatus, RebuildReport, index_status, rebuild


class FaissEngine:
    """`gallery.engines.GalleryEngine`: each process holds all of the gallery, and reads what changed."""

    def __init__(self, registry: Registry, generations: Generations, clock: Clock) -> None:
        self._registry, self._generations, self._clock = registry, generations, clock

    def live(self, contract: str, dimension: int) -> LiveView:
        return live_view(self._registry, contract, dimension, self._clock, self._generations)

    def survey(self, contract: str, dimension: int) -> LiveView:
        return self.live(contract, dimension)

    def rebuild(self) -> RebuildReport | None:
        return rebuild(self._registry, self._generations)

    def status(self, set_aside: SetAside | None = None) -> IndexStatus:
        return index_status(self._registry, self._generations, set_aside)

    def forget(self) -> None:
        """Generations on disk are discarded by themselves."""


def live_view(
    registry: Registry,
    contract: str,
    dimension: int,
    clock: Clock,
    generations: Generations | None = None,
) -> LiveView:
    """Over a registry, and a generation of it where there is one."""

    return LiveView(registry, contract, partial(LayeredGallery, dimension), generations, clock)
