"""Issue 11, 20: keys and faces in clear text on the network; TLS, and clients that hold it up."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from facevec import config
from facevec.config import ServerSettings
from facevec.errors import SettingsError
from facevec.web.serve.tls import certificate_files, require_tls_elsewhere
from tests.attack.test_slow_clients import recognizing
from tests.slow import held_up, slow_clients, times
from tests.web.pictures import FLAGS
from tests.web.raw import head, status
from tests.web.server import Running, fetch, run, running


def openssl(*words: object) -> None:
    try:
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl: install it to test TLS")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home with a certificate of this machine, and two keys: its own, and one with a password."""
    home = tmp_path_factory.mktemp("home")
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
        *("-keyout", home / "key.pem", "-out", home / "certificate.pem"),
    )
    openssl("rsa", "-aes128", "-passout", "pass:secret", "-in", home / "key.pem", "-out", home / "locked.pem")
    return home


TLS = {"server.certificate": "certificate.pem", "server.certificate_key": "key.pem"}


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        with running(folder, {**FLAGS, **TLS, "server.rate": "0"}) as started:
            yield started


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_other_machines_are_not_answered_in_clear_text(host: str) -> None:
    with pytest.raises(SettingsError, match="--insecure-clear-text") as refused:
        require_tls_elsewhere(ServerSettings(host=host))
    assert "server.certificate" in str(refused.value)
    require_tls_elsewhere(ServerSettings(host=host, clear_text=True))
    require_tls_elsewhere(ServerSettings(host=host, certificate="c.pem"))
    require_tls_elsewhere(ServerSettings(host="127.0.0.1"))


def test_serving_refuses_it_and_does_it_when_told(folder: Path, tmp_path: Path) -> None:
    run(tmp_path, "key", "create", "x", "--scope", "recognize")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    assert "in clear text" in refused.value.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"server.certificate": "nowhere.pem"}, "No such file"),
        ({"server.certificate": "certificate.pem", "server.certificate_key": "locked.pem"}, "password"),
        ({"server.certificate": "key.pem"}, "cannot be used for TLS"),
        ({"server.certificate_key": "key.pem"}, "set both"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_said_at_once(
    folder: Path, flags: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        certificate_files(config.load(folder, {}, flags))


def test_the_service_speaks_tls_and_nothing_else(server: Running) -> None:
    assert server.url.startswith("https://")
    assert fetch(f"{server.url}/readyz")[0] == 200
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer:
        peer.sendall(head("/healthz", method="GET"))
        assert b"200" not in peer.recv(1000)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        pytest.raises(OSError, match=r"(?i)ssl|tls"),
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as peer,
    ):
        old.wrap_socket(peer)


def test_pictures_come_through_it(server: Running, folder: Path) -> None:
    trusting = ssl.create_default_context(cafile=folder / "certificate.pem")
    received = b""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as peer,
    ):
        peer.sendall(recognizing())
        while piece := peer.recv(65536):
            received += piece
    assert status(received) == 200


def test_its_cookie_is_for_tls_only(server: Running, folder: Path) -> None:
    link = run(folder, "key", "link", "--port", str(server.port), flags=TLS)
    assert link.startswith(server.url)
    trusting = ssl.create_default_context(cafile=folder / "certificate.pem")
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as peer,
    ):
        peer.sendall(head(link.removeprefix(server.url), method="GET"))
        assert b"Secure; HttpOnly" in peer.recv(65536)


@pytest.mark.parametrize("kind", ["silent", "slow header"])
def test_clients_that_do_not_speak_it_hold_nobody_up(server: Running, kind: str) -> None:
    with slow_clients(server.port, kind, 100):
        measured = times(f"{server.url}/healthz", 2.0)
    assert not held_up(measured), measured
