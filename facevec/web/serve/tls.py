"""TLS, and that nobody listens to the network in clear text without having said so."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

from facevec.config import Loaded, ServerSettings
from facevec.errors import SettingsError


def require_tls_elsewhere(server: ServerSettings) -> None:
    """Raises SettingsError where keys and faces would go over the network in clear text untold.

    What is this machine's alone needs no TLS.
    """
    if server.certificate or server.clear_text or server.listens_to_this_machine_only:
        return
    raise SettingsError(
        f"Listening on {server.host} without TLS sends keys and faces over the network in clear text. Set "
        "server.certificate and server.certificate_key, or listen on 127.0.0.1 behind a proxy that speaks "
        "TLS. Where that network is yours alone, as a container's is, say --insecure-clear-text."
    )


def certificate_files(loaded: Loaded) -> tuple[Path, Path] | None:
    """Certificate and key, which belong together; None where there is no TLS. Raises SettingsError."""
    server = loaded.settings.server
    if not server.certificate:
        if server.certificate_key:
            raise SettingsError("server.certificate_key is set and server.certificate is not; set both.")
        return None
    if sys.platform == "win32":
        raise SettingsError("On Windows facevec speaks no TLS; put a proxy that does before it.")
    certificate, key = loaded.within_home(server.certificate), loaded.within_home(server.private_key)
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, _no_password)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise SettingsError(
            f"{certificate} and {key} cannot be used for TLS ({reason}); name a certificate with its chain "
            "and its key, both PEM, the key without a password (server.certificate, server.certificate_key)."
        ) from error
    return certificate, key


def _no_password() -> str:
    raise ValueError("the key has a password")
