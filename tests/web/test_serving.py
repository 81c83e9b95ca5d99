"""How the service starts: where its workers' little files lie, and what is said before it listens."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from facevec.config import load
from facevec.errors import OutputUnwritable
from facevec.web.body import Guard
from facevec.web.metrics import Siblings
from facevec.web.serve import gunicorn_server, serve
from facevec.web.serve.bridge import Message, Receive, in_time, request_threads

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run on Windows")

COUNT = """
from prometheus_client import CollectorRegistry, Counter
Counter("requests", "Requests.", registry=CollectorRegistry()).inc(3)
"""


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No temporary folder can be written."""

    def no_folder() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", no_folder)


def test_heartbeats_are_kept_in_memory_that_can_be_written(tmp_path: Path) -> None:
    assert gunicorn_server.heartbeat_folder(tmp_path) == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_else_in_the_temporary_folder(open_folder: Path, nobody: Callable[[], None]) -> None:
    shared = open_folder / "shm"
    shared.mkdir(mode=0o555)
    nobody()
    assert gunicorn_server.heartbeat_folder(shared) == Path(tempfile.gettempdir())


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("nowhere"), lambda path: None])
def test_what_is_no_folder_is_not_shared_memory(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "shm")
    assert gunicorn_server.heartbeat_folder(tmp_path / "shm") == Path(tempfile.gettempdir())


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.usefixtures("nowhere")
def test_without_any_such_folder_it_does_not_say_that_it_listens(
    tmp_path: Path, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gunicorn_server, "SHARED_MEMORY", tmp_path / "none")
    said: list[str] = []
    with pytest.raises(OutputUnwritable, match="set TMPDIR"):
        serve(load(tmp_path, {}, {"server.port": "0", "server.workers": workers}), said.append)
    assert said == []


def test_metrics_of_all_processes_are_read_from_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "t[x]?*"
    folder.mkdir()
    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", COUNT],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
            check=True,
        )
    registry = CollectorRegistry()
    registry.register(Siblings(folder))
    assert "requests_total 6.0" in generate_latest(registry).decode()


@pytest.fixture
def no_more_threads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called on, no thread starts, as without memory for its stack."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    return lambda: monkeypatch.setattr(threading.Thread, "start", refuse)


def test_the_threads_of_requests_are_there_before_memory_runs_out(
    no_more_threads: Callable[[], None],
) -> None:
    pool = request_threads(3)
    no_more_threads()
    together = threading.Barrier(3, timeout=30)
    places = sorted(pool.map(lambda _: together.wait(), range(3)))
    assert places == [0, 1, 2]
    pool.shutdown()


def test_the_rest_of_a_body_is_left_where_nobody_can_end_its_reading(
    no_more_threads: Callable[[], None],
) -> None:
    stream = io.BytesIO(b"the rest")
    no_more_threads()
    Guard(stream, 100, 1.0, None).discard()
    assert stream.tell() == 0


def test_a_body_is_ended_in_time_whatever_a_cancellation_comes_to() -> None:
    """A piece that comes in the moment when time is up has it forgotten, as `asyncio.wait_for` does."""
    pieces = 0

    async def receive() -> Message:
        nonlocal pieces
        pieces += 1
        if pieces > 2:
            return {"type": "http.request", "body": b"", "more_body": False}
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(5)
        return {"type": "http.request", "body": b"-", "more_body": True}

    async def whole(receive: Receive) -> None:
        while (await receive())["more_body"]:
            pass

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(in_time(whole, receive, 0.05))
    assert pieces == 1
