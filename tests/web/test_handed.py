"""A socket that systemd keeps open: the service listens there, and who calls while it restarts waits."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.entries import posix
from tests.toy import Someone, picture
from tests.web.server import ROOT, Running, activated, command, environment, fetch, running
from tests.web.test_restarts import ROOMY, Load, request

SETTINGS = 60
"""Exit code."""

pytestmark = [posix, pytest.mark.slow]


def test_the_service_listens_there_whatever_the_settings_say(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as handed:
        port = handed.getsockname()[1]
        with running(tmp_path, {"server.host": "0.0.0.0"}, port=9, handed=handed) as server:
            assert server.port == port
            assert fetch(f"http://127.0.0.1:{port}/readyz")[0] == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_while_it_restarts_under_load_no_request_fails(tmp_path: Path, workers: str) -> None:
    body = json.dumps({"file": base64.b64encode(picture(Someone(1))).decode()}).encode()
    flags = {**ROOMY, "server.workers": workers}
    message = request("/api/v1/recognize", body)
    with ExitStack() as stack:
        handed = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def start() -> Running:
            return stack.enter_context(running(tmp_path, flags, handed=handed))

        server = start()
        with Load(server.port, message, callers=4) as load:
            time.sleep(1)
            assert server.stop() == 0
            before = load.answers.total()
            start()
            time.sleep(1)
    assert set(load.answers) == {200}
    assert load.answers[200] > before


def refusal(home: Path, handed: socket.socket, sockets: int = 1) -> str:
    process = subprocess.run(
        activated(handed, command(home, "serve"), sockets),
        pass_fds=[handed.fileno()], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert process.returncode == SETTINGS, process.stderr
    return process.stderr


def test_one_that_other_machines_reach_needs_what_any_such_address_needs(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as handed:
        assert "Listening on 0.0.0.0 lets other machines in" in refusal(tmp_path, handed)


def test_several_and_those_of_another_kind_are_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as handed:
        assert "one socket" in refusal(tmp_path, handed, sockets=2)
        with socket.create_connection(handed.getsockname()) as connection:
            assert "one socket" in refusal(tmp_path, connection)
    with socket.socket(socket.AF_UNIX) as handed:
        handed.bind(os.fspath(tmp_path / "socket"))
        handed.listen()
        assert "one socket" in refusal(tmp_path, handed)
