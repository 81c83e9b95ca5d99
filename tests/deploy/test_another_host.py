"""A first call from another host: over TLS, with a key, through the site as it is deployed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.deploy.test_files import tls_site
from tests.toy import Someone, picture
from tests.web.nginx import free_ports, program
from tests.web.server import run, running

HERE, THERE = "10.213.77.1", "10.213.77.2"
NAME = "facevec.example.com"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def another_host() -> Iterator[list[str]]:
    """The beginning of a command line that is run on a host of its own, joined to this one by a cable."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("another host is a network namespace, which takes root and Debian's iproute2")
    name = f"fv{os.getpid()}"
    try:
        try:
            ip("netns", "add", name)
            ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
            ip("addr", "add", f"{HERE}/30", "dev", f"{name}a")
            ip("link", "set", f"{name}a", "up")
            ip("-n", name, "addr", "add", f"{THERE}/30", "dev", f"{name}b")
            ip("-n", name, "link", "set", f"{name}b", "up")
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.decode()[:200]}")
        yield ["ip", "netns", "exec", name]
    finally:
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", f"{name}a")
        with suppress(subprocess.CalledProcessError):
            ip("netns", "del", name)


@pytest.mark.slow
def test_another_host_calls_over_tls_with_a_key_and_not_without(tmp_path: Path) -> None:
    nginx = program()
    (tmp_path / "ana.png").write_bytes(picture(Someone(1)))
    with another_host() as there:
        key = run(tmp_path / "home", "key", "create", "door", "--scope", "recognize")
        flags = {"server.public_url": f"https://{NAME}", "server.trusted_proxies": "127.0.0.1"}
        (port,) = free_ports(1)
        with running(tmp_path / "home", flags) as server:
            site = tls_site(tmp_path, instance=server.url.removeprefix("http://"), port=port)
            conf = tmp_path / "nginx.conf"
            owner = "user root;"
            conf.write_text(
                f"daemon off; {owner} pid {tmp_path / 'pid'}; events {{}} http {{ access_log off; {site} }}"
            )
            proxy = subprocess.Popen(
                [nginx, "-p", str(tmp_path), "-e", str(tmp_path / "errors"), "-c", str(conf)]
            )
            try:

                def call(*headers: str) -> tuple[int, bytes]:
                    answer = subprocess.run(
                        [*there, "curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
                         "--cacert", str(tmp_path / "tls_certificate"), "--resolve", f"{NAME}:{port}:{HERE}",
                         *headers, "-F", f"file=@{tmp_path / 'ana.png'}", "-w", "\n%{http_code}",
                         f"https://{NAME}:{port}/api/v1/recognize"],
                        capture_output=True, check=True, timeout=120,
                    )  # fmt: skip
                    body, _, code = answer.stdout.rpartition(b"\n")
                    return int(code), body

                code, body = call("-H", f"Authorization: Bearer {key}")
                assert code == 200, body
                assert json.loads(body)["images"][0]["faces"][0]["status"] == "unknown"
                assert call()[0] == 401
                assert server.url.startswith("http://127.0.0.1")
            finally:
                proxy.terminate()
                proxy.wait(10)
