"""The engines that histories are searched with, each over the parts of one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from facevec.gallery.engines import GalleryEngine
from facevec.gallery.faiss_engine import FaissEngine
from facevec.gallery.generations import Generations
from facevec.gallery.milvus_engine import MilvusEngine
from facevec.gallery.milvus_server import Address, MilvusServer
from facevec.gallery.pgvector_engine import PgvectorEngine
from facevec.ports import Clock
from facevec.registry.leases import SqlLeases
from facevec.registry.reference_store import SqlReferences
from facevec.registry.repository import SqlRegistry
from tests.integrity import KEY


@dataclass(frozen=True)
class Parts:
    """What a process has of its own."""

    connections: Engine
    registry: SqlRegistry
    generations: Generations
    clock: Clock


NewEngine = Callable[[Parts], GalleryEngine]


def faiss(parts: Parts) -> GalleryEngine:
    return FaissEngine(parts.registry, parts.generations, parts.clock)


def pgvector(parts: Parts) -> GalleryEngine:
    return PgvectorEngine(parts.registry, SqlReferences(parts.connections, parts.clock), parts.clock)


def graph(parts: Parts) -> GalleryEngine:
    """pgvector, whose every rebuild makes a graph."""
    references = SqlReferences(parts.connections, parts.clock)
    return PgvectorEngine(parts.registry, references, parts.clock, exact_up_to=0)


def milvus_at(url: str) -> NewEngine:
    """Over the Milvus that is there."""

    def milvus(parts: Parts) -> GalleryEngine:
        leases = SqlLeases(parts.connections, parts.clock)
        return MilvusEngine(
            parts.registry, MilvusServer(Address.of(url)), leases, parts.clock, KEY.fingerprint
        )

    return milvus


def engine_called(name: str) -> NewEngine:
    """By its name, as a process of its own is told it; Milvus by its address."""
    return {"faiss": faiss, "pgvector": pgvector, "graph": graph}.get(name) or milvus_at(name)
