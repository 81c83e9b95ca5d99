"""Issue 11, 9: clients that are silent, or send or take slowly, keep nobody out. `benchmarks/slow_clients.py`
does the same with 1,100 of them."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.local import LOCAL
from tests.slow import BEGINNINGS, HELD_SECONDS, LARGE, held_up, slow_clients, times
from tests.web.pictures import FLAGS, portrait
from tests.web.raw import exchange, head, status
from tests.web.server import Running, fetch, running

pytestmark = pytest.mark.slow

FORM = "Content-Type: multipart/form-data; boundary=x"
MOST = 40
HELD = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {
        **FLAGS,
        "server.rate": "0",
        "server.threads": "4",
        "server.body_seconds": str(HELD_SECONDS),
        "server.connections_per_address": str(MOST),
    }
    with running(tmp_path_factory.mktemp("home"), flags) as started:
        yield started


def recognizing() -> bytes:
    """A request to have a picture recognised."""
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    body = start + portrait(0) + b"\r\n--x--\r\n"
    return head("/api/v1/recognize", LOCAL, FORM, f"Content-Length: {len(body)}") + body


def recognized(port: int) -> int:
    """The status of the answer to it."""
    return status(exchange(port, [recognizing()]))


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_they_hold_nobody_up(server: Running, kind: str) -> None:
    with slow_clients(server.port, kind, HELD):
        measured = times(f"{server.url}/healthz", 2.0)
        assert recognized(server.port) == 200
    assert not held_up(measured), measured


def test_the_longest_silent_make_room_for_others(server: Running) -> None:
    peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(HELD)]
    time.sleep(1)
    late = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(HELD)]
    time.sleep(1)
    assert fetch(f"{server.url}/healthz")[0] == 200
    assert [is_open(peer) for peer in peers].count(True) <= MOST
    assert [is_open(peer) for peer in late[-MOST // 2 :]] == [True] * (MOST // 2)
    for peer in (*peers, *late):
        peer.close()


def is_open(peer: socket.socket) -> bool:
    peer.settimeout(0.01)
    try:
        return peer.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_whoever_takes_no_answer_is_dropped(server: Running) -> None:
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", server.port))
        peer.sendall(LARGE * 4)
        time.sleep(HELD_SECONDS + 2)
        peer.settimeout(5)
        received = 0
        with suppress(ConnectionResetError):
            while piece := peer.recv(1 << 16):
                received += len(piece)
    assert received < 1_000_000


def test_a_body_is_not_read_for_whoever_may_not_send_it(server: Running) -> None:
    asking = head("/api/v1/recognize", FORM, "Content-Length: 30000000", "Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        peer.sendall(asking)
        assert peer.recv(65536).startswith(b"HTTP/1.1 401")


def test_a_client_that_sends_no_more_is_answered(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        peer.sendall(head("/healthz", method="GET"))
        peer.shutdown(socket.SHUT_WR)
        assert b"200 OK" in peer.recv(65536)


def test_requests_in_a_row_on_one_connection(server: Running) -> None:
    row = head("/healthz", method="GET").replace(b"close", b"keep-alive")
    refused = head("/api/v1/recognize", FORM, "Content-Length: 5").replace(b"close", b"keep-alive") + b"12345"
    answer = exchange(server.port, [row, row + refused + row, head("/healthz", method="GET")], pause=0.2)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", answer)
    assert statuses == [b"200", b"200", b"401", b"200", b"200"]


def test_many_bodies_on_one_connection_wait_for_nothing(server: Running) -> None:
    row = recognizing().replace(b"Connection: close", b"Connection: keep-alive")
    started = time.monotonic()
    answer = exchange(server.port, [row * 40, head("/healthz", method="GET")])
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200"] * 41
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("kind", ["silent", "slow header"])
def test_they_do_not_keep_the_service_from_ending(tmp_path: Path, kind: str) -> None:
    with running(tmp_path, FLAGS) as server, slow_clients(server.port, kind, 20):
        answers: list[int] = []
        last = threading.Thread(target=lambda: answers.append(recognized(server.port)))
        last.start()
        last.join()
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10
        assert answers == [200]
