"""Clients that send nothing, or too slowly, or take no answer; and how long the service takes meanwhile.

`python -m tests.slow PORT KIND COUNT` is so many of them, until it is ended.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from facevec.web.serve.connections import GRACE_SECONDS
from tests.local import LOCAL
from tests.web.raw import head

ROOT = Path(__file__).resolve().parents[1]
RECOGNIZE = "/api/v1/recognize"
LARGE = head("/docs/swagger-ui-bundle.js", method="GET").replace(b"close", b"keep-alive")
BEGINNINGS: dict[str, bytes] = {
    "silent": b"",
    "slow header": b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    "slow body": head(RECOGNIZE, LOCAL, "Content-Type: application/json", "Content-Length: 1000000"),
    "slow body without a key": head(RECOGNIZE, "Content-Type: application/json", "Content-Length: 1000000"),
    "slow reader": LARGE * 8,
}
"""What each kind of client sends at once; from then on it sends a few bytes a second, and reads nothing."""

DROPS = {"slow header": b"X-A: b\r\n", "slow body": b" ", "slow body without a key": b" "}
PAUSE = 1.0
RETURNING = 100
"""So many that were sent away come back at a time: more would be a flood, which is another attack."""

WINDOW_BYTES = 4096
PATIENCE_SECONDS = 8.0
"""Less than the service waits for any of these clients (`HELD_SECONDS`, and ten for a handshake), and more
than it takes a busy machine to send all away that are too many."""

HELD_SECONDS = 10.0
"""`server.body_seconds` of a service that is tried with them."""

FEWEST = 20
"""Requests: the first may wait for all these clients to be sent away."""


@contextmanager
def slow_clients(port: int, kind: str, count: int) -> Iterator[None]:
    """So many clients that try to stay."""
    command = [sys.executable, "-m", "tests.slow", str(port), kind, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield
        finally:
            process.kill()


def stay(port: int, kind: str, count: int) -> None:
    """Be these clients."""
    peers: list[socket.socket] = []
    most = count
    while True:
        peers += [_client(port, kind) for _ in range(min(count - len(peers), most))]
        most = RETURNING
        sys.stdout.write("here\n")
        sys.stdout.flush()
        time.sleep(PAUSE)
        peers = [peer for peer in peers if _stays(peer, DROPS.get(kind, b""), reads=kind != "slow reader")]


def _client(port: int, kind: str) -> socket.socket:
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    peer.settimeout(5)
    with suppress(OSError):
        peer.connect(("127.0.0.1", port))
        peer.sendall(BEGINNINGS[kind])
    peer.setblocking(False)
    return peer


def _stays(peer: socket.socket, drop: bytes, *, reads: bool) -> bool:
    try:
        peer.send(drop)
        if reads and peer.recv(WINDOW_BYTES) == b"":
            raise ConnectionResetError
    except BlockingIOError:
        return True
    except OSError:
        peer.close()
        return False
    return True


def times(url: str, seconds: float, pause: float = 0.02) -> list[float]:
    """Seconds that each of many requests took, in order of length; one that failed took for ever.

    seconds: so long, and longer where these were too few requests.
    """
    measured: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(measured) < FEWEST:
        started = time.monotonic()
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
                answer.read()
        except OSError:
            measured.append(float("inf"))
        else:
            measured.append(time.monotonic() - started)
        time.sleep(pause)
    return sorted(measured)


def percentile(measured: Sequence[float], share: float) -> float:
    """Of sorted values."""
    return measured[min(len(measured) - 1, int(share * len(measured)))]


def held_up(measured: Sequence[float]) -> bool:
    """Whether these requests waited for such clients: most for a part of what one has who is too many,
    or one of them until the service gives up those it waits for."""
    return percentile(measured, 0.5) > GRACE_SECONDS / 5 or measured[-1] > PATIENCE_SECONDS


if __name__ == "__main__":
    stay(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
