"""How long `/healthz` takes while clients are silent, or send or take slowly, and pictures are recognised.

`python -m benchmarks.slow_clients [--seconds 10] [--set server.threads=8] [--port 8000]`
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.local import LOCAL
from tests.slow import BEGINNINGS, ROOT, percentile, slow_clients, times
from tests.web.pictures import FLAGS, group
from tests.web.server import running

COUNTS = (24, 200, 1100)
WORKING = 4
MOST_SECONDS = 0.2


@contextmanager
def service(port: int | None, flags: Mapping[str, str]) -> Iterator[int]:
    """The port of what is measured: the product over the toy vision, or another server that runs."""
    if port is not None:
        yield port
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), flags) as server:
        yield server.port


@contextmanager
def work(port: int) -> Iterator[None]:
    """Clients that have pictures recognised without end, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.slow_clients", "--work", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        yield
        process.kill()


def recognize(port: int) -> None:
    """Have a picture recognised."""
    body = json.dumps({"file": base64.b64encode(group(0, 1)).decode()})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Content-Type": "application/json", "Authorization": LOCAL.partition(": ")[2]}
    connection.request("POST", "/api/v1/recognize", body, headers)
    connection.getresponse().read()
    connection.close()


def table(port: int, seconds: float) -> float:
    """Print it; the worst p99 of its rows, seconds."""
    worst = 0.0
    print(f"{'clients':>30}  {'p50 ms':>8}  {'p99 ms':>8}  {'worst':>8}  answers")
    for kind, count in itertools.product(BEGINNINGS, COUNTS):
        with slow_clients(port, kind, count):
            measured = times(f"http://127.0.0.1:{port}/healthz", seconds)
        p50, p99, most = (1000 * percentile(measured, share) for share in (0.5, 0.99, 1))
        print(f"{count:>8} {kind:>21}  {p50:8.0f}  {p99:8.0f}  {most:8.0f}  {len(measured)}", flush=True)
        worst = max(worst, p99 / 1000)
    return worst


def main() -> int:
    """Print the table; 1 when the service was too slow in a row of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--port", type=int, help="Of another server that runs.")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        with ThreadPoolExecutor(WORKING) as pool:
            list(pool.map(recognize, itertools.repeat(options.work, 10**9)))
    settings = dict(written.split("=", 1) for written in options.set)
    with service(options.port, {**FLAGS, "server.rate": "0", **settings}) as port, work(port):
        worst = table(port, options.seconds)
    return int(worst > MOST_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
