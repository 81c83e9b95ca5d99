"""2,000 seeded malformed requests to a real server: no 5xx, no dead worker, no growing memory.

`python -m benchmarks.malformed [--count 2000] [--seed 0]`
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from facevec.config import models_folder
from facevec.files import MEGABYTE
from tests.drawn import FLAGS, portrait
from tests.portraits import draw, encoded, person
from tests.web.raw import exchange, head, status
from tests.web.server import Running, fetch, run, running

WARM_UP = 300
"""Requests before the memory that later ones are held against is read."""
MOST_GROWTH = 60.0
"""Megabytes that the worker may grow by after the warm-up."""

Case = Callable[[random.Random], bytes]
PATHS = (
    "/api/v1/recognize",
    "/api/v1/recognize/annotated",
    "/api/v1/recognize/batch",
    "/api/v1/verify",
    "/api/v1/workers",
)


def pictures() -> list[bytes]:
    """Good files that are then spoilt."""
    return [portrait(0), *(encoded(draw(person(1), size=200), kind) for kind in ("JPEG", "WEBP", "PNG"))]


def flipped(pick: random.Random, data: bytes) -> bytes:
    """Some bytes changed."""
    spoilt = bytearray(data)
    for _ in range(pick.choice((1, 5, 50, 500))):
        spoilt[pick.randrange(len(spoilt))] = pick.randrange(256)
    return bytes(spoilt)


def cut(pick: random.Random, data: bytes) -> bytes:
    """The beginning only."""
    return data[: pick.randrange(len(data))]


def shuffled(pick: random.Random, data: bytes) -> bytes:
    """Pieces in another order."""
    size = pick.choice((16, 256, 4096))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    pick.shuffle(pieces)
    return b"".join(pieces)


def noise(pick: random.Random, data: bytes) -> bytes:
    """Random bytes behind a true beginning."""
    return data[: pick.randrange(64)] + pick.randbytes(pick.randrange(5000))


def doubled(pick: random.Random, data: bytes) -> bytes:
    """Two files in one, or trailing rubbish."""
    return data + pick.choice((data, pick.randbytes(1000)))


SPOILERS = (flipped, cut, shuffled, noise, doubled)


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


def one(pick: random.Random, good: list[bytes], key: str) -> bytes:
    """One request that something is wrong with."""
    data = pick.choice(SPOILERS)(pick, pick.choice(good))
    path = pick.choice(PATHS)
    field = (
        pick.choice(("file", "files", "photo", ""))
        if pick.random() < 0.2
        else ("files" if path.endswith(("batch", "workers")) else "file")
    )
    headers, body = form(pick, field, data) if pick.random() < 0.7 else document(pick, data)
    length = len(body) if pick.random() < 0.9 else pick.choice((0, 1, len(body) // 2, len(body) + 5, -1))
    framing = f"Content-Length: {length}"
    if pick.random() < 0.1:
        framing, body = (
            "Transfer-Encoding: chunked",
            b"%x\r\n" % length + body + pick.choice((b"", b"\r\n0\r\n\r\n")) if length >= 0 else b"zz\r\n",
        )
    return head(path, f"Authorization: Bearer {key}", *headers, framing) + body


def worker_of(server: Running) -> psutil.Process:
    """The process that answers, a child of gunicorn's master."""
    (child,) = psutil.Process(server.process.pid).children()
    return child


def main() -> int:
    """Print statuses and memory; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    pick = random.Random(options.seed)  # noqa: S311  # the same requests each time
    good, statuses = pictures(), Counter[int]()
    models = models_folder()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        key = run(home, "key", "create", "malformed", "--scope", "admin", models=models)
        flags = {**FLAGS, "server.rate": "0", "server.body_seconds": "1", "vision.threads": "1"}
        with running(home, flags, models=models) as server:
            before, base, started = worker_of(server), 0.0, time.monotonic()
            for number in range(options.count):
                statuses[status(exchange(server.port, [one(pick, good, key)], seconds=20))] += 1
                if number == min(WARM_UP, options.count // 2):
                    base = before.memory_info().rss / MEGABYTE
            alive = worker_of(server).pid == before.pid and fetch(f"{server.url}/readyz")[0] == 200
            grown = before.memory_info().rss / MEGABYTE - base
            faults = [line for line in server.lines if re.search(r'"status": 500|"unexpected"', line)]
    print(f"{options.count} requests, seed {options.seed}, {time.monotonic() - started:.0f} s")
    print("status  requests   (0: the connection was closed without an answer)")
    for code, count in sorted(statuses.items()):
        print(f"{code:6}  {count:8}")
    print(f"same worker alive and ready: {alive}")
    print(f"memory {base:.0f} MB after the warm-up, {grown:+.1f} MB at the end")
    for line in faults[:10]:
        print(line)
    return int(not alive or any(code >= 500 for code in statuses) or grown > MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
