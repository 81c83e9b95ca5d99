"""What a burst of huge pictures takes of memory, and what of it the service keeps.

`python -m benchmarks.memory_burst [--clients 100] [--toy]`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from facevec.config import models_folder
from tests.bursts import PICTURES, send
from tests.web.pictures import FLAGS
from tests.web.server import Running, running

MEGABYTE = 1e6
REST_SECONDS = 10.0
MOST_KEPT = 0.2
"""Share of what was taken before that may be kept on top."""


def worker(server: Running) -> psutil.Process:
    """The process that answers."""
    return psutil.Process(server.process.pid).children()[0]


def burst(server: Running, picture: bytes, clients: int) -> tuple[Counter[int], float]:
    """Statuses, and the most that was taken meanwhile, MB."""
    process, most = worker(server), 0.0
    with ThreadPoolExecutor(clients) as pool:
        answers = [pool.submit(send, server.port, picture) for _ in range(clients)]
        while not all(answer.done() for answer in answers):
            most = max(most, process.memory_info().rss / MEGABYTE)
            time.sleep(0.02)
    return Counter(answer.result() for answer in answers), most


def measure(server: Running, clients: int) -> float:
    """Print the table; the largest share that was kept."""
    process, kept = worker(server), 0.0
    for _ in range(3):
        send(server.port, PICTURES["ordinary"]())
    time.sleep(REST_SECONDS)
    idle = process.memory_info().rss / MEGABYTE
    print(f"idle {idle:.0f} MB")
    for name, make in PICTURES.items():
        statuses, most = burst(server, make(), clients)
        time.sleep(REST_SECONDS)
        after = process.memory_info().rss / MEGABYTE
        kept = max(kept, after / idle - 1)
        print(f"{name:>24}: most {most:6.0f} MB, after {after:6.0f} MB, {dict(statuses)}", flush=True)
    return kept


def main() -> int:
    """1 when more was kept than may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--toy", action="store_true", help="Without real networks.")
    options = parser.parse_args()
    settings: Mapping[str, str] = {**FLAGS, "server.rate": "0"}
    with tempfile.TemporaryDirectory() as folder:
        models = None if options.toy else models_folder()
        with running(Path(folder), settings, models=models) as server:
            return int(measure(server, options.clients) > MOST_KEPT)


if __name__ == "__main__":
    raise SystemExit(main())
