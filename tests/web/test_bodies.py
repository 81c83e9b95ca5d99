"""Bodies that are slow, endless, broken or too large, against a real server: it goes on answering."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.local import LOCAL
from tests.web.pictures import FLAGS, portrait
from tests.web.raw import exchange, head, status
from tests.web.server import Running, fetch, running, until_accepted

PATH = "/api/v1/recognize"
FORM = "Content-Type: multipart/form-data; boundary=x"
BODY_SECONDS = 2.0
LEAVE_SECONDS = 20
"""A worker that holds a connection ends ten seconds later."""


def form(data: bytes) -> bytes:
    start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    return start + data + b"\r\n--x--\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    flags = {**FLAGS, "server.body_seconds": str(BODY_SECONDS), "server.threads": "8", "server.rate": "0"}
    with running(tmp_path_factory.mktemp("home"), flags) as server:
        yield server


@pytest.fixture(autouse=True)
def _is_well_afterwards(server: Running) -> Iterator[None]:
    yield
    assert fetch(f"{server.url}/readyz")[0] == 200
    body = form(portrait(0))
    answer = exchange(server.port, [head(PATH, LOCAL, FORM, f"Content-Length: {len(body)}"), body])
    assert status(answer) == 200, answer[:500]


def test_a_slow_body_is_ended(server: Running) -> None:
    started = time.monotonic()
    drops = itertools.chain([head(PATH, LOCAL, FORM, "Content-Length: 100000")], itertools.repeat(b"-", 60))
    answer = exchange(server.port, drops, pause=0.1)
    assert status(answer) in (400, 408)
    assert time.monotonic() - started < 20


def test_a_body_that_never_comes_is_ended(server: Running) -> None:
    answer = exchange(server.port, [head(PATH, LOCAL, FORM, "Content-Length: 100000")], seconds=20)
    assert status(answer) == 408
    assert b"body_too_slow" in answer


def test_many_slow_bodies_do_not_keep_the_others_out(server: Running) -> None:
    peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(30)]
    try:
        for peer in peers:
            peer.sendall(head(PATH, LOCAL, FORM, "Content-Length: 100000"))
        started = time.monotonic()
        assert fetch(f"{server.url}/healthz")[0] == 200
        assert time.monotonic() - started < 30
    finally:
        for peer in peers:
            peer.close()


def test_headers_that_never_end_are_ended(server: Running) -> None:
    started = time.monotonic()
    drops = itertools.chain([b"POST / HTTP/1.1\r\n"], itertools.repeat(b"X-A: b\r\n", 200))
    assert status(exchange(server.port, drops, pause=0.1)) in (0, 400, 431)
    assert time.monotonic() - started < 40


def test_an_endless_body_is_ended(server: Running) -> None:
    chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    endless = itertools.chain(
        [head(PATH, LOCAL, FORM, "Transfer-Encoding: chunked")], itertools.repeat(chunk, 2000)
    )
    assert status(exchange(server.port, endless)) in (400, 413)


def test_fifty_megabytes_are_refused(server: Running) -> None:
    body = form(b"\0" * 50_000_000)
    answer = exchange(server.port, [head(PATH, LOCAL, FORM, f"Content-Length: {len(body)}"), body])
    assert status(answer) == 413
    problem = json.loads(answer.split(b"\r\n\r\n", 1)[1])
    assert problem["code"] == "body_too_large"
    assert "(server.max_body_bytes is 40000000)" in problem["detail"]


def test_a_body_in_chunks_without_a_length_is_read(server: Running) -> None:
    body = form(portrait(0))
    chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    assert (
        status(exchange(server.port, [head(PATH, LOCAL, FORM, "Transfer-Encoding: chunked"), chunked])) == 200
    )


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((FORM,), b""),
        ((FORM, "Content-Length: 1000"), form(b"short")),
        ((FORM, "Content-Length: -1"), b""),
        ((FORM, "Content-Length: many"), b""),
        ((FORM, "Content-Length: 5", "Transfer-Encoding: chunked"), b"0\r\n\r\n"),
        ((FORM, "Transfer-Encoding: chunked"), b"nonsense\r\n"),
        ((FORM, "Transfer-Encoding: chunked"), b"5\r\nab"),
        ((FORM, "Transfer-Encoding: gzip"), b"abc"),
        (("Content-Type: application/json", "Content-Length: 3"), b"{}}"),
    ],
)
def test_broken_bodies_are_the_clients_fault(server: Running, headers: tuple[str, ...], body: bytes) -> None:
    received = b""
    # Whoever closes before all was read resets the connection.
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer,
        suppress(ConnectionError),
    ):
        peer.sendall(head(PATH, LOCAL, *headers) + body)
        peer.shutdown(socket.SHUT_WR)
        while data := peer.recv(65536):
            received += data
    assert status(received) in (0, 400, 415, 501)
    if status(received) == 501:
        assert b"gzip" in "".join(headers).encode()


def test_who_leaves_before_the_answer_is_not_waited_for_after_sigterm(tmp_path: Path) -> None:
    with running(tmp_path, FLAGS) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            peer.sendall(head(PATH, LOCAL, FORM, "Content-Length: 100000"))
        while not any("body_broken" in line for line in list(server.lines)):
            time.sleep(0.05)
        started = time.monotonic()
        assert server.stop() == 0
    assert time.monotonic() - started < LEAVE_SECONDS


def test_what_was_accepted_is_finished_after_sigterm(tmp_path: Path) -> None:
    answers: list[bytes] = []
    body = form(portrait(0))
    sigterm = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield head(PATH, LOCAL, FORM, f"Content-Length: {len(body)}") + body[:100]
        assert sigterm.wait(120)
        yield body[100:]

    with running(tmp_path, FLAGS) as server:
        threads = [
            threading.Thread(target=lambda: answers.append(exchange(server.port, pieces()))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        until_accepted(server, 4)
        server.process.terminate()
        time.sleep(0.2)
        sigterm.set()
        assert server.process.wait(60) == 0
        for thread in threads:
            thread.join(30)
    assert [status(answer) for answer in answers] == [200] * 4
