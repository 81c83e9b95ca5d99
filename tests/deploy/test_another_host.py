"""A first call from another host: over TLS, with a key, through the site as it is deployed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.deploy.test_files import tls_site
from tests.ports import free_ports
from tests.registry.machines import Place, another
from tests.toy import Someone, picture
from tests.web.nginx import program
from tests.web.server import run, running

NAME = "facevec.example.com"


@contextmanager
def another_host() -> Iterator[Place]:
    """A host of its own, joined to this one by a cable."""
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("another host is a network namespace, which takes root and Debian's iproute2")
    with ExitStack() as stack:
        try:
            host = stack.enter_context(another())
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr.decode()[:200]}")
        yield host


@pytest.mark.slow
def test_another_host_calls_over_tls_with_a_key_and_not_without(tmp_path: Path) -> None:
    nginx = program()
    (tmp_path / "ana.png").write_bytes(picture(Someone(1)))
    with another_host() as host:
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
                        [*host.within, "curl", "-sS", "--retry", "20", "--retry-connrefused",
                         "--retry-delay", "1", "--resolve", f"{NAME}:{port}:{host.host}",
                         "--cacert", str(tmp_path / "tls_certificate"), *headers,
                         "-F", f"file=@{tmp_path / 'ana.png'}", "-w", "\n%{http_code}",
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
