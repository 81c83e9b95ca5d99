"""What a machine needs for so many workers: time to ready, memory, time of one recognition.

`python -m benchmarks.machines`: workers of three random templates each, the real networks, one process.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.load import memory
from facevec.bootstrap import App
from facevec.config import load, models_folder
from facevec.files import MEGABYTE
from facevec.types import NewPhoto, Quality
from tests.drawn import FLAGS, portrait
from tests.web.agreement import Client
from tests.web.server import run, running

SIZES = (10, 100, 1000)
TEMPLATES = 3
CALLS = 30
QUALITY = Quality(size=100, sharpness=200, brightness=120, contrast=40, yaw=0, roll=0)


def enrol(home: Path, count: int, models: Path) -> None:
    """So many workers nobody resembles, written as enrolment writes them."""
    drawn = np.random.default_rng(count)
    with App(load(home, {"FACEVEC_MODELS": str(models)})) as app:
        embedder = app.vision.embedder
        app.registry.claim_model(embedder.model, embedder.contract)
        for number in range(count):
            vectors = drawn.standard_normal((TEMPLATES, embedder.dimension)).astype(np.float32)
            photos = [
                NewPhoto(
                    sha256=hashlib.sha256(vector.tobytes()).hexdigest(),
                    source="drawn",
                    quality=QUALITY,
                    template=vector / np.linalg.norm(vector),
                    contract=embedder.contract,
                )
                for vector in vectors
            ]
            app.registry.add_worker(f"Worker {number}", str(number), None, photos)


def measured(home: Path, models: Path) -> str:
    """Time to ready, memory before and after, median and slowest of recognitions of one face."""
    key = run(home, "key", "create", "machines", "--scope", "recognize", models=models)
    started = time.monotonic()
    with running(home, {**FLAGS, "server.rate": "0"}, models=models) as server:
        ready, idle = time.monotonic() - started, memory(server)
        client, seconds = Client(server, key), []
        for _ in range(CALLS):
            begun = time.monotonic()
            assert client.send("POST", "/recognize", file=portrait(0))[0] == 200
            seconds.append(time.monotonic() - begun)
        used = memory(server)
    median = 1000 * statistics.median(seconds)
    size = (home / "facevec.db").stat().st_size / MEGABYTE
    return f"{ready:7.1f}  {idle:8.0f}  {used:8.0f}  {median:9.0f}  {size:11.1f}"


def main() -> None:
    """Print a line for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="*", default=SIZES)
    models = models_folder()
    print(f"{os.cpu_count()} cores")
    print("workers  ready s   idle MB   used MB  median ms  database MB")
    for count in parser.parse_args().workers:
        with tempfile.TemporaryDirectory() as folder:
            enrol(Path(folder), count, models)
            print(f"{count:7d}  {measured(Path(folder), models)}", flush=True)


if __name__ == "__main__":
    main()
