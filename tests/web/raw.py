"""HTTP written by hand, for what no client library would send."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable


def exchange(port: int, pieces: Iterable[bytes], *, pause: float = 0.0, seconds: float = 60.0) -> bytes:
    """Send `pieces` with a pause after each; all that comes back until the server closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as peer:
        try:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(pause)
        except OSError:
            pass
        try:
            while data := peer.recv(65536):
                received += data
        except OSError:
            pass
    return received


def status(answer: bytes) -> int:
    """The status of the last response in `answer`; 0 when there is none."""
    statuses = [line.split()[1] for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    return int(statuses[-1]) if statuses else 0


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    """A request line and headers, for a connection that is closed after the answer."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()
