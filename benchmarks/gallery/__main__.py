"""How fast each engine answers, how rightly, and what it takes: a table, and a picture if asked for.

    python -m benchmarks.gallery [--workers 1000 10000 100000 1000000] [--engines facevec faiss] [--plot FILE]

Needs `pip install 'facevec[bench]'`, and for `pgvector` and `milvus` what `facevec[dev,milvus]` brings and
`pip install milvus`. Each engine runs in a process of its own. A probe is another photo of a drawn worker.
Times are processor time of the fastest of several runs, so that other work on the machine does not count;
facevec may use several cores for a search, and its time is that of all of them. Where a server searches, they
are what passes on the clock, with reading and confirming in the registry, and an addition and a removal are
those of the registry, too. Memory is what the process holds beyond Python, with files that are mapped; not
what a server holds. Nothing is written but to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.gallery.drawn import BLOCK, DIMENSION, gathered, people, photos
from benchmarks.gallery.engines import ENGINES, Engine
from facevec.files import MEGABYTE
from facevec.types import Vectors

K = 8
PROBES = 64
COLUMNS = ("alone ms", "of 8 ms", "recall at 8", "MB", "start s", "add ms", "remove ms", "rebuild s")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=[*ENGINES])
    parser.add_argument("--plot", type=Path, help="a picture of time alone against the number of workers")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        name, folder = arguments.child
        sys.stdout.write(json.dumps(measured(name, Path(folder))))
        return
    rows: dict[str, dict[int, dict[str, float]]] = {}
    print("| workers | engine | " + " | ".join(COLUMNS) + " |\n|" + "---:|" * (len(COLUMNS) + 2))
    for count in arguments.workers:
        with tempfile.TemporaryDirectory() as folder:
            prepare(count, Path(folder))
            for name in arguments.engines:
                row = in_a_process(name, folder)
                rows.setdefault(name, {})[count] = row
                figures = " | ".join(f"{row[column]:.4g}" for column in COLUMNS)
                print(f"| {count} | {name} | {figures} |", flush=True)
    if arguments.plot:
        plot(rows, arguments.plot)


def prepare(count: int, folder: Path) -> None:
    """Write the vectors, the probes, and who is really nearest to each."""
    np.save(folder / "vectors.npy", gathered(count))
    probes = photos(next(people(count))[:PROBES], seed=5)
    np.save(folder / "probes.npy", probes)
    nearest = np.full((len(probes), K), -1, np.int64)
    distances = np.full((len(probes), K), np.inf)
    for number, block in enumerate(people(count)):
        for row, probe in enumerate(probes):
            apart = np.linalg.norm((block - probe).astype(np.float64), axis=1)
            both = np.concatenate([distances[row], apart])
            ids = np.concatenate([nearest[row], np.arange(len(block)) + number * BLOCK])
            order = np.lexsort((ids, both))[:K]
            nearest[row], distances[row] = ids[order], both[order]
    np.save(folder / "nearest.npy", nearest)


def in_a_process(name: str, folder: str) -> dict[str, float]:
    """What `measured` gives in a process that has held nothing else."""
    words = [sys.executable, "-m", "benchmarks.gallery", "--child", name, folder]
    row: dict[str, float] = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    return row


def measured(name: str, folder: Path) -> dict[str, float]:
    """Every column of one engine."""
    engine = ENGINES[name](folder)
    try:
        return figures_of(engine, folder)
    finally:
        engine.close()


def figures_of(engine: Engine, folder: Path) -> dict[str, float]:
    """Every column."""
    seconds = partial(fastest, engine.clock)
    vectors: Vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    probes, nearest = np.load(folder / "probes.npy"), np.load(folder / "nearest.npy")
    ids = np.arange(len(vectors), dtype=np.int64)
    rebuild = seconds(partial(engine.build, ids, vectors), runs=1)
    del vectors
    before = resident_mb()
    start = seconds(engine.start, runs=1)
    answers = np.concatenate([engine.search(probe[None], K) for probe in probes])
    alone = seconds(lambda: engine.search(probes[:1], K), runs=30)
    batch = seconds(lambda: engine.search(probes[:8], K), runs=10)
    memory = resident_mb() - before
    newcomer = photos(probes[:1], seed=9)
    add = seconds(lambda: engine.add(len(ids), newcomer), runs=1)
    remove = seconds(lambda: engine.remove(len(ids) // 2), runs=1)
    right = np.mean([len({*a} & {*b}) / K for a, b in zip(answers.tolist(), nearest.tolist(), strict=True)])
    figures = (1e3 * alone, 1e3 * batch, right, memory, start, 1e3 * add, 1e3 * remove, rebuild)
    return dict(zip(COLUMNS, map(float, figures), strict=True))


def fastest(clock: Callable[[], float], call: Callable[[], object], runs: int) -> float:
    """Seconds of the fastest of `runs` calls."""
    best = float("inf")
    for _ in range(runs):
        started = clock()
        call()
        best = min(best, clock() - started)
    return best


def resident_mb() -> float:
    """What this process holds now, on Linux."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / MEGABYTE


def plot(rows: dict[str, dict[int, dict[str, float]]], path: Path) -> None:
    """Time alone against the number of workers, both logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes: Any = figure.subplots()
    for name, sizes in rows.items():
        axes.loglog([*sizes], [row["alone ms"] for row in sizes.values()], marker="o", label=name)
    axes.set_xlabel("workers")
    axes.set_ylabel(f"ms a search, {DIMENSION} numbers")
    axes.grid(which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
