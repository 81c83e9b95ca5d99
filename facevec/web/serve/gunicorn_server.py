"""The service under gunicorn: threads, and the application built in each worker after the fork."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from facevec.bootstrap import NetworksOf
from facevec.config import Loaded, is_writable, temporary_folder
from facevec.web import create_app

HEADER_SECONDS = 10.0
"""Longest time a client may take to send a request's line and headers."""

STUCK_SECONDS = 120
"""A worker whose main thread is silent for so long is replaced."""

KEEP_ALIVE_SECONDS = 5
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only probed, and files there have no name


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's thread worker, which would wait for ever for a client's headers, with an end to that.

    Where memory runs out, no thread starts any more, and gunicorn's worker would end with all its requests.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # handed on as they come
        super().__init__(*args, **kwargs)
        self._watch = threading.local()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """The threads of requests, all of them running before the first comes."""
        pool: ThreadPoolExecutor = super().get_thread_pool()
        everybody = threading.Barrier(self.cfg.threads + 1)
        for _ in range(self.cfg.threads):
            pool.submit(everybody.wait)
        everybody.wait()
        return pool

    def handle(self, conn: Any) -> Any:  # noqa: ANN401  # gunicorn's own
        """One request of a connection, in a thread of the pool."""
        self._watch.timer = threading.Timer(HEADER_SECONDS, _shut, [conn.sock])
        self._watch.timer.daemon = True
        with suppress(RuntimeError):  # no memory for one more thread: the request is answered unwatched
            self._watch.timer.start()
        try:
            return super().handle(conn)
        finally:
            self._watch.timer.cancel()

    def headers_read(self) -> None:
        """The request in this thread has begun; its body has a limit of its own."""
        self._watch.timer.cancel()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn without its command line."""

    def __init__(
        self,
        loaded: Loaded,
        networks: NetworksOf,
        listener: socket.socket,
        heartbeat_folder: Path,
        shared_folder: Path | None,
    ) -> None:
        self._loaded = loaded
        self._networks = networks
        self._fd = listener.detach()  # gunicorn closes it
        self._heartbeat_folder = heartbeat_folder
        self._shared_folder = shared_folder
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings from ours."""
        server = self._loaded.settings.server
        options = {
            "bind": f"fd://{self._fd}",
            "workers": server.workers,
            "threads": server.threads,
            "worker_class": Worker,
            "pre_request": lambda worker, _request: worker.headers_read(),
            "worker_exit": lambda _server, worker: worker.wsgi.extensions["facevec"].readiness.stop(),
            "preload_app": False,
            "timeout": STUCK_SECONDS,
            "graceful_timeout": server.shutdown_seconds,
            "keepalive": KEEP_ALIVE_SECONDS,
            "loglevel": "warning",
            "proc_name": "facevec",
            "control_socket_disable": True,
            "forwarder_headers": "",  # a client could say below which path it asks; settings do (public_url)
            "worker_tmp_dir": str(self._heartbeat_folder),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each worker: the networks do not survive a fork."""
        return create_app(self._loaded, networks=self._networks, shared_folder=self._shared_folder)


def run(
    loaded: Loaded, networks: NetworksOf, listener: socket.socket, on_listening: Callable[[], None]
) -> None:
    """Serve until SIGTERM or SIGINT, finish what was accepted, and exit the process.

    on_listening: told once nothing more is in the way. Raises OutputUnwritable where there is no
    folder for the little files that the workers share.
    """
    heartbeats = heartbeat_folder()
    if loaded.settings.server.workers == 1:
        on_listening()
        Server(loaded, networks, listener, heartbeats, None).run()
        return
    folder = Path(tempfile.mkdtemp(prefix="facevec-", dir=temporary_folder()))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    master = os.getpid()
    try:
        on_listening()
        Server(loaded, networks, listener, heartbeats, folder).run()
    finally:
        if os.getpid() == master:  # workers leave through here too
            shutil.rmtree(folder, ignore_errors=True)


def heartbeat_folder() -> Path:
    """Where each worker shows that it lives: in memory, which no busy disk holds up, if that can be written.

    Raises OutputUnwritable where nothing can.
    """
    return SHARED_MEMORY if is_writable(SHARED_MEMORY) else temporary_folder()


def _shut(peer: socket.socket) -> None:
    try:
        peer.shutdown(socket.SHUT_RD)
    except OSError:
        return
