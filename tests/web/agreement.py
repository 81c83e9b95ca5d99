"""Adds and removes workers through one process and asks the others: do they agree, and how soon?"""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.web.pictures import FLAGS, portrait
from tests.web.server import Running, run, running

PEOPLE = 6


@dataclass
class Report:
    """missed: added, acknowledged, and not named within a second. ghosts: named after their removal.

    slowest_seconds: longest time from an acknowledged change until every server answered by it.
    """

    rounds: int = 0
    missed: int = 0
    ghosts: int = 0
    slowest_seconds: float = 0.0


class Client:
    """One kept connection to one server."""

    def __init__(self, server: Running, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._key = key

    def send(self, method: str, path: str, **parts: str | bytes) -> tuple[int, dict[str, object]]:
        """Status and JSON; `parts` make a form, bytes become files."""
        boundary = uuid.uuid4().hex
        body = b"".join(_part(boundary, name, value) for name, value in parts.items())
        headers = {"Authorization": f"Bearer {self._key}"}
        if parts:
            body += f"--{boundary}--\r\n".encode()
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        self._connection.request(method, f"/api/v1{path}", body, headers)
        response = self._connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else {}

    def reconnect(self) -> None:
        """Begin anew: the server closes a connection that was silent for some seconds."""
        self._connection.close()

    def named(self, picture: bytes) -> int | None:
        """The id of the worker on the picture, if this server names them."""
        status, answer = self.send("POST", "/recognize", file=picture, emotion="false")
        assert status == 200, answer
        images: list[dict[str, list[dict[str, dict[str, int] | None]]]] = answer["images"]  # type: ignore[assignment]
        worker = images[0]["faces"][0]["worker"]
        return None if worker is None else worker["id"]


def measure(
    home: Path,
    *,
    rounds: int,
    by_command_line: int,
    on_round: Callable[[Report], None] = lambda _report: None,
) -> Report:
    """Each round adds a worker through one server and asks the other, then removes them likewise.

    by_command_line: so many further rounds add and remove through commands.
    """
    report = Report()
    key = run(home, "key", "create", "agreement", "--scope", "admin")
    flags = {**FLAGS, "server.rate": "0"}
    with ExitStack() as stack:
        servers = [stack.enter_context(running(home, flags)) for _ in range(2)]
        clients = [Client(server, key) for server in servers]
        for number in range(rounds):
            _round_by_http(report, clients[number % 2], clients, number)
            on_round(report)
        for number in range(by_command_line):
            _round_by_command(report, home, clients, number)
            on_round(report)
    return report


def _round_by_http(report: Report, writer: Client, clients: list[Client], number: int) -> None:
    who = number % PEOPLE
    status, answer = writer.send("POST", "/workers", name=f"Worker {number}", files=portrait(who, 1))
    assert status == 201, answer
    worker_id: int = answer["worker"]["id"]  # type: ignore[index]  # the shape of an enrolment
    _expect(report, clients, who, worker_id)
    status, _ = writer.send("DELETE", f"/workers/{worker_id}")
    assert status == 204
    _expect(report, clients, who, None)
    report.rounds += 1


def _round_by_command(report: Report, home: Path, clients: list[Client], number: int) -> None:
    who, name = number % PEOPLE, f"Person {number}"
    photo = home / f"photo{number}.png"
    photo.write_bytes(portrait(who, 1))
    added = json.loads(run(home, "worker", "add", name, str(photo), "--json", flags=FLAGS))
    _expect(report, clients, who, added["worker"]["id"])
    run(home, "worker", "remove", name, "--yes", flags=FLAGS)
    _expect(report, clients, who, None)
    report.rounds += 1


def _expect(report: Report, clients: list[Client], who: int, expected: int | None) -> None:
    """Every server at once names `expected`; asked again, a late one may catch up within a second."""
    for client in clients:
        client.reconnect()
    started = time.monotonic()
    for client in clients:
        answer = client.named(portrait(who, 2))
        if expected is None and answer is not None:
            report.ghosts += 1
        while answer != expected and time.monotonic() - started < 1.0:
            answer = client.named(portrait(who, 2))
        report.missed += answer != expected
    report.slowest_seconds = max(report.slowest_seconds, time.monotonic() - started)


def _part(boundary: str, name: str, value: str | bytes) -> bytes:
    file = '; filename="a.png"' if isinstance(value, bytes) else ""
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
    return start + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
