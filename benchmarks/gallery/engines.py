"""The engines that are compared: one class each, and its name in `ENGINES`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.gallery.drawn import CONTRACT, DIMENSION, MODEL
from benchmarks.gallery.registered import Milvus, Pgvector
from facevec.types import Vectors

Ids = npt.NDArray[np.int64]


class Engine(Protocol):
    """What an engine keeps on the disk lies in `folder`; it runs in a process of its own."""

    clock: Callable[[], float]
    """Seconds: of processor time, or where a server works for it, of the time that passes."""

    def __init__(self, folder: Path) -> None: ...

    def build(self, ids: Ids, vectors: Vectors) -> None:
        """Make it and write it."""
        ...

    def start(self) -> None:
        """Open what was written, as a new process does."""
        ...

    def search(self, probes: Vectors, k: int) -> Ids:
        """(b, k) the nearest."""
        ...

    def add(self, worker_id: int, vector: Vectors) -> None: ...

    def remove(self, worker_id: int) -> None: ...

    def close(self) -> None:
        """Stop what was started."""
        ...


class InProcess:
    """What searches in the process that asks."""

    clock = staticmethod(time.process_time)

    def close(self) -> None:
        """Nothing was started."""


class Facevec(InProcess):
    """facevec's own gallery over a generation: what services search."""

    def __init__(self, folder: Path) -> None:
        from facevec.gallery.generations import Generations
        from facevec.integrity import IntegrityKey

        self._generations = Generations(folder / "index", IntegrityKey(bytes(32), "the benchmark"))

    def build(self, ids: Ids, vectors: Vectors) -> None:
        from facevec.types import Position, Snapshot

        def read(draft: Any) -> Snapshot:  # noqa: ANN401  # ports.Draft
            for start in range(0, len(ids), 1000):
                draft.put(ids[start : start + 1000], vectors[start : start + 1000])
            return Snapshot(Position("drawn", 0, 1, "drawn"), CONTRACT, MODEL, len(ids))

        self._generations.publish(read, lambda: 0)

    def start(self) -> None:
        from facevec.gallery.layered import LayeredGallery

        opened = self._generations.open(CONTRACT)
        assert opened is not None
        self._gallery = LayeredGallery(DIMENSION, opened[1])

    def search(self, probes: Vectors, k: int) -> Ids:
        answers = self._gallery.search(probes, k)
        return np.array([[candidate.worker_id for candidate in answer] for answer in answers])

    def add(self, worker_id: int, vector: Vectors) -> None:
        self._gallery.put(np.array([worker_id]), vector)

    def remove(self, worker_id: int) -> None:
        self._gallery.remove(np.array([worker_id]))


class PlainFaiss(InProcess):
    """FAISS's brute force over float32."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "flat.faiss")

    def build(self, ids: Ids, vectors: Vectors) -> None:
        import faiss

        index = faiss.IndexIDMap2(faiss.IndexFlatL2(DIMENSION))
        index.add_with_ids(vectors, ids)
        faiss.write_index(index, self._path)

    def start(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self._index = faiss.read_index(self._path)

    def search(self, probes: Vectors, k: int) -> Ids:
        return np.asarray(self._index.search(probes, k)[1])

    def add(self, worker_id: int, vector: Vectors) -> None:
        self._index.add_with_ids(vector, np.array([worker_id]))

    def remove(self, worker_id: int) -> None:
        self._index.remove_ids(np.array([worker_id]))


class Hnswlib(InProcess):
    """A graph: M 32, efConstruction 80, ef 512."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "graph.hnswlib")

    def build(self, ids: Ids, vectors: Vectors) -> None:
        import hnswlib

        index = hnswlib.Index(space="l2", dim=DIMENSION)
        index.init_index(max_elements=len(ids) + 100, M=32, ef_construction=80)
        index.add_items(vectors, ids)
        index.save_index(self._path)
        self._room = len(ids) + 100

    def start(self) -> None:
        import hnswlib

        self._index = hnswlib.Index(space="l2", dim=DIMENSION)
        self._index.load_index(self._path, max_elements=self._room)
        self._index.set_ef(512)
        self._index.set_num_threads(1)

    def search(self, probes: Vectors, k: int) -> Ids:
        return np.asarray(self._index.knn_query(probes, k)[0]).astype(np.int64)

    def add(self, worker_id: int, vector: Vectors) -> None:
        self._index.add_items(vector, np.array([worker_id]))

    def remove(self, worker_id: int) -> None:
        self._index.mark_deleted(worker_id)


class Usearch(InProcess):
    """A graph over half precision: connectivity 32, expansion 80 and 512."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "graph.usearch")

    def _empty(self) -> Any:  # noqa: ANN401  # usearch has no types
        from usearch.index import Index

        return Index(
            ndim=DIMENSION,
            metric="l2sq",
            dtype="f16",
            connectivity=32,
            expansion_add=80,
            expansion_search=512,
        )

    def build(self, ids: Ids, vectors: Vectors) -> None:
        index = self._empty()
        index.add(ids, vectors)
        index.save(self._path)

    def start(self) -> None:
        self._index = self._empty()
        self._index.load(self._path)

    def search(self, probes: Vectors, k: int) -> Ids:
        return np.asarray(self._index.search(probes, k, threads=1).keys).reshape(-1, k).astype(np.int64)

    def add(self, worker_id: int, vector: Vectors) -> None:
        self._index.add(worker_id, vector[0])

    def remove(self, worker_id: int) -> None:
        self._index.remove(worker_id)


ENGINES: dict[str, type[Engine]] = {
    "facevec": Facevec,
    "faiss": PlainFaiss,
    "hnswlib": Hnswlib,
    "usearch": Usearch,
    "pgvector": Pgvector,
    "milvus": Milvus,
}
