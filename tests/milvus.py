"""A Milvus server of one's own, which may be killed and started again where it left off."""

from __future__ import annotations

import signal
import socket
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from filelock import FileLock

from tests.ports import free_ports

START_SECONDS = 120
"""Until a server answers, on a machine that does something else as well."""

_ETCD = """\
name: default
data-dir: {folder}/etcd
listen-client-urls: http://127.0.0.1:{client}
advertise-client-urls: http://127.0.0.1:{client}
listen-peer-urls: http://127.0.0.1:{peer}
initial-advertise-peer-urls: http://127.0.0.1:{peer}
initial-cluster: default=http://127.0.0.1:{peer}
"""
"""Left alone, it takes the same ports in every server: only one could run on a machine."""


class LocalMilvus:
    """What the package `milvus` from PyPI brings, over a folder. Raises ImportError where it is not here."""

    def __init__(self, folder: Path, **settings: object) -> None:
        import milvus
        import pymilvus  # noqa: F401  # both are needed

        self._module: ModuleType = milvus
        self._folder, self._settings = folder, settings
        self._port = free_ports(1)[0]
        self._server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Raises RuntimeError or OSError where it does not come up."""
        # It looks for free ports, lets go of them, and takes them a moment later.
        with FileLock(Path(tempfile.gettempdir()) / "facevec-tests-milvus.lock"):
            config = self._module.MilvusServerConfig(proxy_port=self._port)
            config.try_bind_port = _bound
            config.template_text = self._template(config.template_text)
            for name, value in self._settings.items():
                config.set(name, value)
            self._server = self._module.MilvusServer(config, wait_for_started=False)
            self._server.set_base_dir(str(self._folder))
            self._server.start()
            self._server.wait_started(START_SECONDS * 1000)

    def kill(self) -> None:
        """As by a power cut of the process alone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self._server is not None:
            self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process = self._server.server_proc
        process.send_signal(how)
        process.wait()
        self._server.server_proc = None
        self._server.stop()
        self._server = None

    def _template(self, text: str) -> str:
        client, peer = free_ports(2)
        path = self._folder / "etcd.yaml"
        path.write_text(_ETCD.format(folder=self._folder, client=client, peer=peer), encoding="utf-8")
        return text.replace("\netcd:\n", f"\netcd:\n  config:\n    path: {path}\n", 1)


def _bound(port: int) -> socket.socket | None:
    """A socket that listens there, though one did that was just killed."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
        bound.listen()
    except OSError:
        bound.close()
        return None
    return bound
