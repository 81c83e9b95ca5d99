"""The engines that histories are searched with, each over the parts of one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from facevec.gallery.engines import GalleryEngine
from facevec.gallery.faiss_engine import FaissEngine
from facevec.gallery.generations import Generations
from facevec.ports import Clock
from facevec.registry.repository import SqlRegistry


@dataclass(frozen=True)
class Parts:
    """What a process has of its own."""

    connections: Engine
    registry: SqlRegistry
    generations: Generations
    clock: Clock


ENGINES: Mapping[str, Callable[[Parts], GalleryEngine]] = {
    "faiss": lambda parts: FaissEngine(parts.registry, parts.generations, parts.clock),
}
