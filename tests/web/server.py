"""`facevec serve` as a process of its own, on a free port of this machine: over the toy or real weights."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.local import lay_local_key
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90.0
NO_MODELS = ROOT / "tests" / "toy" / "models"
"""A folder that is not there: whoever looks for weights in it finds none."""


@dataclass
class Running:
    """A server: where it is, the line it begins with, its process, and the last lines it wrote."""

    url: str
    greeting: str
    process: subprocess.Popen[str]
    lines: deque[str]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def command(
    home: Path, *words: str, flags: Mapping[str, str] | None = None, models: Path | None = None
) -> list[str]:
    """A command line of facevec on `home`. models: the folder of real weights, or None for the toy."""
    settings = [part for key, value in (flags or {}).items() for part in ("--set", f"{key}={value}")]
    program = "tests.toycommand" if models is None else "facevec"
    return [sys.executable, "-m", program, "--home", str(home), *settings, *words]


def environment(models: Path | None = None) -> dict[str, str]:
    """This process's, without any facevec setting of the person who runs it; benchmarks take it, too."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FACEVEC_")}
    return {**clean, "FACEVEC_MODELS": str(models or NO_MODELS), "OMP_NUM_THREADS": "1"}


def run(home: Path, *words: str, flags: Mapping[str, str] | None = None, models: Path | None = None) -> str:
    """The stdout of one command."""
    process = subprocess.run(
        command(home, *words, flags=flags, models=models),
        env=environment(models),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return process.stdout.strip()


def activated(handed: socket.socket, words: Sequence[str], sockets: int = 1) -> list[str]:
    """A command line that runs `words` as systemd does: with so many sockets, of which this is the first."""
    script = (
        f"import os, sys; os.dup2({handed.fileno()}, 3); "
        f"os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='{sockets}'); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", script, *words]


@contextmanager
def running(
    home: Path,
    flags: Mapping[str, str] | None = None,
    *,
    models: Path | None = None,
    port: int = 0,
    handed: socket.socket | None = None,
    within: Sequence[str] = (),
) -> Iterator[Running]:
    """A server that is ready, on a free port unless one is named; stopped when the block ends.

    handed: what it listens on instead, as systemd hands it over. within: a command that runs it elsewhere.
    """
    lay_local_key(home)
    words = [*within, *command(home, "serve", "--port", str(port), flags=flags, models=models)]
    process = subprocess.Popen(
        words if handed is None else activated(handed, words),
        pass_fds=() if handed is None else (handed.fileno(),),
        env=environment(models),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: deque[str] = deque(maxlen=1000)
    try:
        assert process.stderr is not None
        while not (address := re.search(r"listens on (https?://\S+:\d+)", lines[-1] if lines else "")):
            lines.append(process.stderr.readline())
            assert lines[-1], "".join(lines)
        greeting = lines.pop()
        threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True).start()
        server = Running(address.group(1), greeting, process, lines)
        _await_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()


def fetch(url: str, **headers: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def until_accepted(server: Running, count: int) -> None:
    """Until its worker has so many connections: until then they may be the system's alone."""
    (worker,) = psutil.Process(server.process.pid).children()

    def accepted() -> int:
        return sum(one.status == psutil.CONN_ESTABLISHED for one in worker.net_connections("tcp"))

    wait_for(lambda: accepted() >= count, START_SECONDS)


def _await_ready(server: Running) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.process.poll() is None, "\n".join(server.lines)
        status, body = fetch(f"{server.url}/readyz")
        if status == 200:
            return
        assert json.loads(body)["code"] == "starting", body
        time.sleep(0.2)
    raise AssertionError(f"not ready after {START_SECONDS} s:\n" + "\n".join(server.lines))
