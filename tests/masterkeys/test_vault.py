"""A master key in Vault, against a small one that speaks as Vault's API documents it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.envelope import wrapped_under
from facevec.masterkeys.vault import VaultKey, VaultPlace
from tests.masterkeys.vault_server import TOKEN, SmallVault

KEY = bytes(range(32))


@pytest.fixture
def vault() -> Iterator[SmallVault]:
    with SmallVault() as server:
        yield server


def place(server: SmallVault) -> VaultPlace:
    return VaultPlace(server.url, "transit", "facevec", None, None, 60.0)


def key_in(server: SmallVault, **changes: object) -> VaultKey:
    return VaultKey(replace(place(server), **changes), lambda: TOKEN)


def test_what_it_wraps_it_unwraps_and_nothing_else_does(vault: SmallVault) -> None:
    key = key_in(vault)
    wrapped = key.wrap(KEY, b"context")
    assert KEY not in wrapped
    assert wrapped_under(wrapped) == key.name == "vault:transit/facevec"
    assert key.unwrap(wrapped, b"context") == KEY
    for other, context in ((wrapped, b"another"), (wrapped[:-8] + b"AAAAAA==", b"context")):
        with pytest.raises(MasterKeyWrong):
            key.unwrap(other, context)


def test_a_version_that_was_made_in_vault_counts_from_then_on(vault: SmallVault) -> None:
    before = key_in(vault).wrap(KEY, b"c")
    vault.keys["facevec"].append(bytes(reversed(KEY)))
    key = key_in(vault)
    assert key.unwrap(before, b"c") == KEY
    assert not key.is_current(before)
    assert key.is_current(key.wrap(KEY, b"c"))


def test_what_vault_refuses_is_said_with_what_to_do(vault: SmallVault) -> None:
    with pytest.raises(MasterKeyUnavailable, match="refuses the token"):
        VaultKey(place(vault), lambda: "hvs.another").wrap(KEY, b"")
    with pytest.raises(MasterKeyUnavailable, match="encryption key not found"):
        key_in(vault, key="another").wrap(KEY, b"")
    with pytest.raises(MasterKeyUnavailable, match="vault_mount"):
        key_in(vault, mount="elsewhere").wrap(KEY, b"")
    vault.namespace = "hr"
    with pytest.raises(MasterKeyUnavailable, match="permission denied"):
        key_in(vault).wrap(KEY, b"")
    assert key_in(vault, namespace="hr").wrap(KEY, b"")
    vault.sealed = True
    with pytest.raises(MasterKeyUnavailable, match="sealed"):
        key_in(vault).wrap(KEY, b"")


def test_a_vault_that_does_not_answer_in_time_or_at_all_is_said(vault: SmallVault) -> None:
    vault.delay = 0.5
    with pytest.raises(MasterKeyUnavailable, match=r"within 0\.1 s"):
        key_in(vault, seconds=0.1).wrap(KEY, b"")
    with pytest.raises(MasterKeyUnavailable, match="cannot be reached"):
        key_in(vault, url="http://127.0.0.1:9").wrap(KEY, b"")


def test_no_key_goes_over_a_line_in_clear_text() -> None:
    for url in ("http://vault.example.com:8200", "ftp://vault.example.com", "vault"):
        with pytest.raises(MasterKeyUnavailable, match="https://"):
            VaultKey(VaultPlace(url, "transit", "facevec", None, None, 1.0), lambda: TOKEN)
    for name in ("../sys/seal", "a?b", ""):
        with pytest.raises(MasterKeyUnavailable, match="vault_key"):
            VaultKey(VaultPlace("https://v", "transit", name, None, None, 1.0), lambda: TOKEN)


def test_only_whom_the_certificates_vouch_for_is_asked(tmp_path: Path) -> None:
    ca = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca)
    with SmallVault(context) as server:
        key = key_in(server, ca=str(ca))
        assert key.unwrap(key.wrap(KEY, b""), b"") == KEY
        asked = len(server.asked)
        with pytest.raises(MasterKeyUnavailable, match="cannot be reached"):
            key_in(server).wrap(KEY, b"")
        with pytest.raises(MasterKeyUnavailable, match="vault_ca"):
            key_in(server, ca=str(tmp_path / "none")).wrap(KEY, b"")
        assert len(server.asked) == asked


def certificate(folder: Path) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    own = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, own.public_key(), 1, now, now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(own, hashes.SHA256())
    )
    file = folder / "vault.pem"
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(own.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return file
