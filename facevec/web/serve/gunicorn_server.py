"""The service under gunicorn: an event loop before threads, built in each worker after the fork."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gasgi import ASGIWorker

from facevec.config import Loaded, ServerSettings, is_writable, temporary_folder
from facevec.networks import NetworksOf
from facevec.web import create_app
from facevec.web.serve.allocator import keep_little
from facevec.web.serve.bridge import Bridge
from facevec.web.serve.connections import GRACE_SECONDS, HEADER_SECONDS, Connection, Connections
from facevec.web.serve.tls import certificate_files

BACKLOG = 4096
"""Connections that wait to be taken; one that finds no room tries again after a second."""

BEAT_SECONDS = 0.5
SWITCH_SECONDS = 0.001
"""After so long the loop may take over from a thread at work; where several are, Python's 0.005 add up."""

SPARE_FILES = 200
"""What is open beside connections: database, index, networks, logs."""

STUCK_SECONDS = 120
"""A worker whose main thread is silent for so long is replaced."""

KEEP_ALIVE_SECONDS = 5
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only probed, and files there have no name


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with an event loop, which holds connections; `Bridge` calls the service."""

    def load_wsgi(self) -> None:
        """Build the service, in this process."""
        keep_little()
        server: ServerSettings = self.app.server
        self.wsgi: Flask = self.app.wsgi()
        self.asgi = Bridge(self.wsgi, server, self.wsgi.extensions["facevec"].app.rest)
        proxies = self.wsgi.extensions["facevec"].proxies
        most = min(server.connections, _allow_files(server.connections + SPARE_FILES) - SPARE_FILES)
        sys.setswitchinterval(SWITCH_SECONDS)
        self.connections = Connections(most, server.connections_per_address, proxies)

    async def _serve(self) -> None:
        """Until SIGTERM; what has begun by then is finished."""
        await self._settle()
        context = self._get_ssl_context()
        for listener in self.sockets:
            server = await self.loop.create_server(
                lambda: Connection(self),
                sock=listener.sock,
                ssl=context,
                ssl_handshake_timeout=HEADER_SECONDS if context else None,
            )
            # asyncio's own backlog is also how many it takes without a pause.
            listener.sock.listen(BACKLOG)
            self.servers.append(server)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            await self.asgi.tidy()
            await asyncio.sleep(BEAT_SECONDS)
        await self._drain()
        for server in self.servers:
            server.close()
        await asyncio.sleep(GRACE_SECONDS)  # who was taken just now is only about to send
        self.connections.end_idle()
        await self._shutdown()

    async def _settle(self) -> None:
        """Take nothing until the networks are loaded, where callers wait in a socket that stays open."""
        readiness = self.wsgi.extensions["facevec"].readiness
        while self.app.callers_wait and self.alive and not readiness.is_settled:
            self.notify()
            await asyncio.sleep(BEAT_SECONDS)

    async def _drain(self) -> None:
        """Go on taking requests for as long as load balancers need to look elsewhere."""
        self.wsgi.extensions["facevec"].leaving.set()
        end = self.loop.time() + self.app.server.drain_seconds
        while self.loop.time() < end and not self._quick_shutdown:
            self.notify()
            await self.asgi.tidy()
            await asyncio.sleep(BEAT_SECONDS)
        for _ in range(2):  # turns of the loop: whoever waits to be taken by now is not cut off
            await asyncio.sleep(0)


def _allow_files(wanted: int) -> int:
    """Open files that this process may have, raised towards `wanted` as far as its user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn without its command line."""

    def __init__(
        self,
        loaded: Loaded,
        networks: NetworksOf,
        listener: socket.socket,
        heartbeat_folder: Path,
        shared_folder: Path | None,
        *,
        callers_wait: bool,
    ) -> None:
        self.callers_wait = callers_wait
        self.server = loaded.settings.server
        self._loaded = loaded
        self._networks = networks
        self._fd = listener.detach()  # gunicorn closes it
        self._heartbeat_folder = heartbeat_folder
        self._shared_folder = shared_folder
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings from ours."""
        server = self.server
        options = {
            "bind": f"fd://{self._fd}",
            "workers": server.workers,
            "worker_class": Worker,
            "worker_exit": lambda _server, worker: worker.wsgi.extensions["facevec"].stop(),
            "preload_app": False,
            "timeout": STUCK_SECONDS,
            "graceful_timeout": server.drain_seconds + server.shutdown_seconds,
            "keepalive": KEEP_ALIVE_SECONDS,
            "loglevel": "warning",
            "proc_name": "facevec",
            "control_socket_disable": True,
            "asgi_loop": "asyncio",
            "asgi_disconnect_grace_period": 0,
            "secure_scheme_headers": {},  # nor whether it comes over TLS
            "forwarder_headers": "",  # a client could say below which path it asks; settings do (public_url)
            "worker_tmp_dir": str(self._heartbeat_folder),
        }
        files = certificate_files(self._loaded)
        if files is not None:
            options["certfile"], options["keyfile"] = map(str, files)
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called by gunicorn in each worker: the networks do not survive a fork."""
        return create_app(self._loaded, networks=self._networks, shared_folder=self._shared_folder)


def run(
    loaded: Loaded,
    networks: NetworksOf,
    listener: socket.socket,
    on_listening: Callable[[], None],
    *,
    callers_wait: bool,
) -> None:
    """Serve until SIGTERM or SIGINT, finish what was accepted, and exit the process.

    on_listening: told once nothing more is in the way. callers_wait: in the listener, until the networks are
    loaded, instead of being told to come back. Raises OutputUnwritable where there is no
    folder for the little files that the workers share.
    """
    heartbeats = heartbeat_folder(SHARED_MEMORY)
    if loaded.settings.server.workers == 1:
        on_listening()
        Server(loaded, networks, listener, heartbeats, None, callers_wait=callers_wait).run()
        return
    folder = Path(tempfile.mkdtemp(prefix="facevec-", dir=temporary_folder()))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    master = os.getpid()
    try:
        on_listening()
        Server(loaded, networks, listener, heartbeats, folder, callers_wait=callers_wait).run()
    finally:
        if os.getpid() == master:  # workers leave through here too
            shutil.rmtree(folder, ignore_errors=True)


def heartbeat_folder(memory: Path) -> Path:
    """Where each worker shows that it lives: in `memory`, which no busy disk holds up, if it can be written.

    Raises OutputUnwritable where nothing can.
    """
    return memory if is_writable(memory) else temporary_folder()
