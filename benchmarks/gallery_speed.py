"""How fast the gallery answers: FAISS beside the NumPy oracle and a NumPy matrix product, in one run.

    python -m benchmarks.gallery_speed [--workers 1000 10000 100000]

Random unit vectors of 512 dimensions: an exact search takes the same time on any. The
best of several runs counts. The live view runs on a SQLite registry in a temporary
folder. Nothing is written elsewhere.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from facevec.decision.vectors import unit
from facevec.files import MEGABYTE
from facevec.gallery.exact import ExactGallery
from facevec.gallery.faiss_flat import FaissFlatGallery
from facevec.gallery.generations import Generations
from facevec.gallery.layered import LayeredGallery
from facevec.gallery.live import LiveView
from facevec.integrity import IntegrityKey
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import NewPhoto, Quality, Vectors
from facevec.usecases.rebuild import rebuild

K = 2
BATCHES = (1, 32)
CONTRACT = "drawn-1"
QUALITY = Quality(size=120, sharpness=200, brightness=120, contrast=40, yaw=0.0, roll=0.0)
DIMENSION = 512


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--live-workers", type=int, default=2_000)
    arguments = parser.parse_args()
    print("workers  probes  FAISS ms  oracle ms  ratio  product ms  ratio  same answer   matrix MB  peak MB")
    for count in arguments.workers:
        search_table(count)
    live_table(arguments.live_workers)


def search_table(count: int) -> None:
    """Print the rows of one gallery size."""
    references = drawn(count, seed=1)
    worker_ids = np.arange(count, dtype=np.int64)
    flat, oracle = FaissFlatGallery(DIMENSION), ExactGallery(DIMENSION)
    flat.put(worker_ids, references)
    oracle.put(worker_ids, references)
    for batch in BATCHES:
        probes = unit(references[:batch] + 0.02 * drawn(batch, seed=2))
        fast = best_ms(lambda: flat.search(probes, K), runs=20)  # noqa: B023  # called before the next turn
        slow = best_ms(lambda: oracle.search(probes, K), runs=2)  # noqa: B023
        product = best_ms(lambda: by_product(probes, references), runs=5)  # noqa: B023
        same = flat.search(probes, K) == oracle.search(probes, K)
        print(
            f"{count:7}  {batch:6}  {fast:8.2f}  {slow:9.2f}  {slow / fast:5.1f}  {product:10.2f}  "
            f"{product / fast:5.1f}  {same!s:11}  {references.nbytes / MEGABYTE:9.1f}  {peak_mb():8.0f}"
        )


KEY = IntegrityKey.passing()
"""Of this run."""

new_gallery = partial(LayeredGallery, DIMENSION)


def live_table(count: int) -> None:
    """Print what freshness costs on a registry of `count` workers."""
    with tempfile.TemporaryDirectory() as folder:
        registry = registry_of(count, Path(folder))
        generations = Generations(Path(folder) / "index", KEY)
        publishing = best_ms(lambda: rebuild(registry, generations), runs=1)
        probe = drawn(1, seed=1)
        from_registry = best_ms(lambda: LiveView(registry, CONTRACT, new_gallery).search(probe, K), runs=3)
        from_generation = best_ms(
            lambda: LiveView(registry, CONTRACT, new_gallery, generations).search(probe, K), runs=3
        )
        view = LiveView(registry, CONTRACT, new_gallery)
        searching = best_ms(lambda: view.search(probe, K), runs=200)
        checking = best_ms(view.refresh, runs=200)
        additions = [added_ms(registry, view, probe, count + extra) for extra in range(1, 11)]
    print(f"\nLive view over {count} workers in SQLite")
    print(f"  search of one probe, freshness check included  {searching:8.2f} ms")
    print(f"  freshness check alone                          {checking:8.2f} ms")
    print(f"  first search after one worker was added        {min(additions):8.2f} ms")
    print(f"  first search of a process, from the registry   {from_registry:8.1f} ms")
    print(f"  first search of a process, from a generation   {from_generation:8.1f} ms")
    print(f"  rebuild: read, write, verify, swap             {publishing:8.1f} ms")


def by_product(probes: Vectors, references: Vectors) -> object:
    """The usual shortcut: rank by cosine, without the exact distance."""
    cosines = probes @ references.T
    return np.argpartition(-cosines, K, axis=1)[:, :K]


def added_ms(registry: SqlRegistry, view: LiveView, probe: Vectors, number: int) -> float:
    """Milliseconds of the search that takes up a worker who was just added."""
    enrol(registry, number, drawn(1, seed=number)[0])
    return best_ms(lambda: view.search(probe, K), runs=1)


def registry_of(count: int, folder: Path) -> SqlRegistry:
    """A SQLite registry with one template a worker."""
    engine = open_engine(sqlite_url(folder / "facevec.db"), key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("drawn", CONTRACT)
    for number, vector in enumerate(drawn(count, seed=1)):
        enrol(registry, number, vector)
    return registry


def enrol(registry: SqlRegistry, number: int, vector: Vectors) -> None:
    """Add one worker with one photo."""
    photo = NewPhoto(f"{number:064x}", "drawn.png", QUALITY, vector, CONTRACT)
    registry.add_worker(f"Drawn {number}", None, None, [photo])


def drawn(count: int, seed: int) -> Vectors:
    """(count, DIMENSION) random unit vectors."""
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal((count, DIMENSION), dtype=np.float32))


def best_ms(call: Callable[[], object], runs: int) -> float:
    """Milliseconds of the fastest of `runs` calls."""
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return 1000 * best


def peak_mb() -> float:
    """Most memory this process has held, on Linux."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
