"""A real nginx on ports of this machine, with its files in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

START_SECONDS = 60.0
PLACES = ("/usr/sbin/nginx", "/usr/local/sbin/nginx")
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def program() -> str:
    """nginx's path; skips where there is none."""
    path = shutil.which("nginx") or next((place for place in PLACES if os.access(place, os.X_OK)), None)
    if path is None:
        pytest.skip("no nginx: install Debian's nginx to test the service behind a proxy")
    return path


@contextmanager
def nginx(folder: Path, servers: Mapping[int, str], *, before: str = "") -> Iterator[None]:
    """nginx listening on each port of `servers` with the directives there; `before` stands before them."""
    blocks = "\n".join(f"server {{ listen 127.0.0.1:{port};\n{body}\n}}" for port, body in servers.items())
    kept = "\n".join(f"{kind}_temp_path {folder / kind};" for kind in KINDS)
    owner = "user root;" if os.geteuid() == 0 else ""
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; {owner} pid {folder / 'pid'}; error_log {folder / 'errors'};\n"
        f"events {{}}\nhttp {{ access_log off;\n{kept}\n{before}\n{blocks}\n}}\n"
    )
    process = subprocess.Popen([program(), "-p", str(folder), "-e", str(folder / "errors"), "-c", str(conf)])
    try:
        _await(process, list(servers), folder / "errors")
        yield
    finally:
        process.terminate()
        process.wait(10)


def _await(process: subprocess.Popen[bytes], ports: list[int], errors: Path) -> None:
    end = time.monotonic() + START_SECONDS
    for port in ports:
        while True:
            assert process.poll() is None, errors.read_text()
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end, errors.read_text()
                time.sleep(0.05)
