"""20,000 seeded malformed requests, most with a hostile picture: no 5xx, no dead worker, no growing memory.

`python -m benchmarks.malformed [--count 20000] [--clients 8] [--seed 0]`; 503, which says that there are too
many at once, is no fault.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from benchmarks.hostile_pictures import SPOILERS, bottomless, sound
from facevec.config import models_folder
from facevec.files import MEGABYTE
from tests.drawn import FLAGS
from tests.web.raw import exchange, head, status
from tests.web.server import Running, fetch, run, running

MOST_GROWTH = 1.0
"""Megabytes that the worker may grow by in 1,000 requests."""
MOST_MILLISECONDS = 200.0
"""What 99 of 100 answers of /healthz may take."""
PICTURES, TRAPS, SOUND = 0.8, 0.03, 0.1
"""Shares: of requests that carry a picture, of those that are bottomless, of the others that are sound."""

PATHS = (
    "/api/v1/recognize",
    "/api/v1/recognize/annotated",
    "/api/v1/recognize/batch",
    "/api/v1/verify",
    "/api/v1/workers",
)
ROUTES = (
    *PATHS, "/", "/workers", "/status", "/docs", "/metrics", "/openapi.json", "/nowhere", "/api/v1/workers/1",
    "/api/v1/workers/1/photos", "/api/v1/workers/999999999999999999999", "/api/v1/workers?name=%00",
    "/api/v1/index", "/api/v1/models", "/readyz", "/static/../../etc/passwd", "/%2e%2e/%ff",
)  # fmt: skip
HEADERS = (
    "Range: bytes=0-18446744073709551615", "Accept: */*;q=zz", "Expect: 100-continue", "If-Match: \xff",
    "Cookie: a=b", "Origin: null", "X-Forwarded-For: 1.2.3.4", "Accept-Encoding: br;q=9",
    "Upgrade: websocket", "Content-Type: a/b;",
)  # fmt: skip


def form(pick: random.Random, field: str, data: bytes) -> tuple[list[str], bytes]:
    """A multipart body, itself sound or not."""
    boundary = "b" + str(pick.randrange(10**9))
    disposition = f'Content-Disposition: form-data; name="{field}"; filename="x.png"'
    body = f"--{boundary}\r\n{disposition}\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
    if pick.random() < 0.3:
        body = pick.choice(SPOILERS)(pick, body)
    return [f"Content-Type: multipart/form-data; boundary={boundary}"], body


def document(pick: random.Random, data: bytes) -> tuple[list[str], bytes]:
    """A JSON body, itself sound or not."""
    import base64

    values: list[object] = [
        base64.b64encode(data).decode(),
        "%%%",
        None,
        1,
        True,
        [],
        {},
        "\u0000",
        "x" * 10_000,
        1e308,
    ]
    fields = (
        "file",
        "files",
        "name",
        "emotion",
        "max_faces",
        "candidates",
        "worker_id",
        "consent",
        "other",
        "\ud83d\ude00",
    )
    body = json.dumps(
        {name: pick.choice(values) for name in pick.sample(fields, pick.randrange(1, 5))}
    ).encode()
    if pick.random() < 0.4:
        body = pick.choice(SPOILERS)(pick, body)
    return ["Content-Type: application/json"], body


def hostile(pick: random.Random, files: Sequence[bytes], traps: Sequence[bytes]) -> bytes:
    """A picture that something is wrong with; seldom a sound one."""
    if pick.random() < TRAPS:
        return pick.choice(traps)
    data = pick.choice(files)
    return data if pick.random() < SOUND else pick.choice(SPOILERS)(pick, data)


def posted(pick: random.Random, data: bytes, key: str) -> bytes:
    """A picture sent to a route that takes one; the request around it is sound or not."""
    path = pick.choice(PATHS)
    field = "files" if path.endswith(("batch", "workers")) else "file"
    if pick.random() < 0.2:
        field = pick.choice(("file", "files", "photo", ""))
    headers, body = form(pick, field, data) if pick.random() < 0.7 else document(pick, data)
    length = len(body) if pick.random() < 0.9 else pick.choice((0, 1, len(body) // 2, len(body) + 5, -1))
    framing = f"Content-Length: {length}"
    if pick.random() < 0.1:
        end = pick.choice((b"", b"\r\n0\r\n\r\n"))
        framing = "Transfer-Encoding: chunked"
        body = b"%x\r\n" % length + body + end if length >= 0 else b"zz\r\n"
    return head(path, f"Authorization: Bearer {key}", *headers, framing) + body


def other(pick: random.Random, key: str) -> bytes:
    """Any method on any route, now and then with a wrong key or a header that helps nobody."""
    method = pick.choice(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"))
    headers = [f"Authorization: Bearer {key}" if pick.random() < 0.9 else "X-API-Key: fv_00000000_guess"]
    headers += pick.sample(HEADERS, pick.randrange(3))
    return head(pick.choice(ROUTES), *headers, "Content-Length: 0", method=method)


@dataclass
class Outcome:
    """What the clients and the watcher saw. health: seconds that each /healthz took; memory: bytes of the
    worker after each hundred requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    health: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)

    def growth(self) -> float:
        """Megabytes per 1,000 requests over the second half, by least squares."""
        later = np.asarray(self.memory[len(self.memory) // 2 :]) / MEGABYTE
        return float(np.polyfit(np.arange(len(later)) / 10, later, 1)[0])


def watch(server: Running, outcome: Outcome, end: threading.Event) -> None:
    """Ask for /healthz ten times a second."""
    while not end.wait(0.1):
        started = time.perf_counter()
        if fetch(f"{server.url}/healthz")[0] != 200:
            outcome.statuses[599] += 1
        outcome.health.append(time.perf_counter() - started)


def attack(server: Running, worker: psutil.Process, requests: Iterator[bytes], clients: int) -> Outcome:
    """Send all of `requests`, `clients` at a time."""
    outcome, end = Outcome(), threading.Event()
    watcher = threading.Thread(target=watch, args=(server, outcome, end))
    watcher.start()
    with ThreadPoolExecutor(clients) as pool:
        for batch in iter(lambda: list(itertools.islice(requests, 100)), []):
            for answer in pool.map(lambda request: exchange(server.port, [request], seconds=60), batch):
                outcome.statuses[status(answer)] += 1
            outcome.memory.append(worker.memory_info().rss)
            print(sum(outcome.statuses.values()), end="\r", file=sys.stderr, flush=True)
    end.set()
    watcher.join()
    return outcome


def requests(pick: random.Random, count: int, key: str) -> Iterator[bytes]:
    """`count` requests, PICTURES of them with a picture."""
    files, traps = sound(), bottomless()
    for _ in range(count):
        is_picture = pick.random() < PICTURES
        yield posted(pick, hostile(pick, files, traps), key) if is_picture else other(pick, key)


def worker_of(server: Running) -> psutil.Process:
    """The process that answers, a child of gunicorn's master."""
    (child,) = psutil.Process(server.process.pid).children()
    return child


def main() -> int:
    """Print statuses, health and memory; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="600 at least")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pick = random.Random(options.seed)  # noqa: S311  # the same requests each time
    models = models_folder()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        key = run(home, "key", "create", "malformed", "--scope", "admin", models=models)
        flags = {**FLAGS, "server.rate": "0", "server.wrong_keys": "0", "server.body_seconds": "1"}
        with running(home, flags, models=models) as server:
            worker, started = worker_of(server), time.monotonic()
            outcome = attack(server, worker, requests(pick, options.count, key), options.clients)
            elapsed = time.monotonic() - started
            alive = worker_of(server).pid == worker.pid and fetch(f"{server.url}/readyz")[0] == 200
            faults = [line for line in server.lines if re.search(r'"status": 500|"unexpected"', line)]
    p99 = float(np.quantile(outcome.health, 0.99)) * 1000
    print(f"{options.count} requests of {options.clients} clients, seed {options.seed}, {elapsed:.0f} s")
    print("status  requests   (0: the connection was closed without an answer)")
    for code, count in sorted(outcome.statuses.items()):
        print(f"{code:6}  {count:8}")
    print(f"same worker alive and ready: {alive}")
    longest = max(outcome.health) * 1000
    print(f"/healthz, asked {len(outcome.health)} times: p99 {p99:.0f} ms, longest {longest:.0f} ms")
    first, last, most = (
        size / MEGABYTE for size in (outcome.memory[0], outcome.memory[-1], max(outcome.memory))
    )
    print(f"memory {first:.0f} to {last:.0f} MB, at most {most:.0f} MB; in the second half")
    print(f"{outcome.growth():+.2f} MB per 1,000 requests")
    for line in faults[:10]:
        print(line)
    failed = any(code >= 500 and code != 503 for code in outcome.statuses)
    return int(not alive or failed or p99 > MOST_MILLISECONDS or outcome.growth() > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
