"""Load on a real server over loopback: throughput, latency, memory, time outside the networks, and overload.

`python -m benchmarks.load [--seconds 15]`
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from facevec.config import models_folder
from facevec.files import MEGABYTE
from tests.drawn import FLAGS, group, nobody, portrait
from tests.portraits import draw, encoded, person
from tests.web.agreement import Client
from tests.web.server import Running, run, running

CONCURRENCIES = (1, 4, 16)
OVERLOAD = 160
"""Clients at once in the overload: ten times the most that is measured."""

MODEL_STAGES = ("detect", "embed", "emotion")


@dataclass
class Load:
    """What clients saw. seconds: of each 200; statuses: of all, 0 for a connection that failed."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    elapsed: float = 0.0


def pictures() -> list[bytes]:
    """One face large and small, a row of four, nobody; PNG, JPEG and WebP."""
    large = encoded(draw(person(3), size=1200), "JPEG")
    return [
        portrait(0),
        portrait(1),
        large,
        encoded(draw(person(2), size=640), "WEBP"),
        group(0, 1, 2, 3),
        nobody(),
    ]


def load(server: Running, key: str, clients: int, seconds: float, files: Sequence[bytes]) -> Load:
    """Clients that each send the next picture as soon as they have an answer; told to wait, they do not."""
    seen, lock, end = Load(), threading.Lock(), time.monotonic() + seconds

    def one(number: int) -> None:
        client = Client(server, key)
        while time.monotonic() < end:
            number += 1
            started = time.monotonic()
            try:
                status = client.send("POST", "/recognize", file=files[number % len(files)])[0]
            except (OSError, http.client.HTTPException):
                status, client = 0, Client(server, key)
            with lock:
                seen.statuses[status] += 1
                if status == 200:
                    seen.seconds.append(time.monotonic() - started)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen.elapsed = time.monotonic() - started
    return seen


def outside(server: Running) -> tuple[float, float]:
    """Share of the answered recognitions' time outside the networks: (with decoding, without it)."""
    total = models = decoding = 0.0
    for line in list(server.lines):
        event = json.loads(line)
        if event.get("status") == 200 and event.get("route", "").endswith("/recognize"):
            total += event["ms"]
            models += sum(event["stages"].get(stage, 0.0) for stage in MODEL_STAGES)
            decoding += event["stages"].get("decode", 0.0)
    return 1 - models / total, 1 - (models + decoding) / total


def memory(server: Running) -> float:
    """Megabytes of the server's processes."""
    master = psutil.Process(server.process.pid)
    return sum(process.memory_info().rss for process in (master, *master.children())) / MEGABYTE


def row(name: str, seen: Load, server: Running) -> str:
    """One line of the table."""
    cuts = statistics.quantiles(seen.seconds, n=100) if len(seen.seconds) > 1 else [float("nan")] * 99
    p50, p99 = 1000 * cuts[49], 1000 * cuts[98]
    rate = len(seen.seconds) / seen.elapsed
    statuses = dict(sorted(seen.statuses.items()))
    return f"{name:>10}  {rate:6.1f}/s  {p50:7.0f}  {p99:7.0f}  {memory(server):7.0f}  {statuses}"


def main() -> int:
    """Print the table; 1 when an overload gave anything but 200, 429 and 503, or was not recovered from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    seconds = parser.parse_args().seconds
    models, files = models_folder(), pictures()
    flags = {**FLAGS, "server.rate": "0", "server.queue": "16"}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        key = run(home, "key", "create", "load", "--scope", "admin", models=models)
        with running(home, flags, models=models) as server:
            client = Client(server, key)
            for who in range(4):
                client.send("POST", "/workers", name=f"Worker {who}", files=portrait(who, 1))
            load(server, key, 1, 2.0, files)
            print(f"{'clients':>10}  {'answers':>8}  {'p50 ms':>7}  {'p99 ms':>7}  {'RSS MB':>7}  statuses")
            for clients in CONCURRENCIES:
                server.lines.clear()
                print(row(str(clients), load(server, key, clients, seconds, files), server), flush=True)
                if clients == 1:
                    all_of_it, without_decoding = outside(server)
            print(
                f"outside the networks, one client: {all_of_it:.1%}, of which decoding the picture is ",
                end="",
            )
            print(f"{all_of_it - without_decoding:.1%}")
        with running(home, FLAGS, models=models) as server:
            overload = load(server, key, OVERLOAD, seconds, files)
            print(row(f"{OVERLOAD}", overload, server), flush=True)
            time.sleep(3)
            after = load(server, key, 1, 5.0, files)
            print(row("1, after", after, server))
    wrong = set(overload.statuses) - {200, 429, 503} or set(after.statuses) - {200}
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
