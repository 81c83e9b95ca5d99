"""The service listening: under gunicorn, or under waitress where gunicorn does not run."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from facevec.bootstrap import App
from facevec.config import Loaded, ServerSettings
from facevec.dumps import forbid_dumps
from facevec.errors import SettingsError
from facevec.logs import configure
from facevec.networks import NetworksOf, installed_networks
from facevec.registry.waiting import waited_for
from facevec.web.serve.handed import handed_listener, listening_there
from facevec.web.serve.tls import certificate_files, require_tls_elsewhere

SEND_BYTES = 1 << 17


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the service is, and what its own user needs to come in: a link to the page, a header for curl.

    Where only keys that were made on purpose count, there is neither.
    """

    url: str
    link: str | None = None
    header: Path | None = None


def serve(
    loaded: Loaded, on_listening: Callable[[Listening], None], *, networks: NetworksOf = installed_networks
) -> None:
    """Answer requests until stopped; what was accepted is finished first.

    A socket that systemd hands over says where, instead of the settings.
    on_listening: told where once connections are taken. networks: what sees, instead of the
    models that the settings name.
    Raises SettingsError for an address that cannot be listened on, or that others reach while there is
    no key to ask them for, or in clear text without being told to, and for a certificate that cannot be
    used; RegistryError where the registry does not answer in time; OutputUnwritable where no temporary
    folder or no local key can be written.
    """
    if not loaded.settings.server.core_dumps:
        forbid_dumps()
    configure(loaded.watch_level, loaded.settings.logging.format)
    handed = handed_listener()
    if handed is not None:
        loaded = listening_there(loaded, handed)
    _require_key_elsewhere(loaded)
    require_tls_elsewhere(loaded.settings.server)
    certificate_files(loaded)
    server = loaded.settings.server
    with handed or _listening(server) as listener:
        # Connections inherit it: the system would hold megabytes for each client that takes no answer.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
        place = _place(loaded, listener.getsockname()[1])
        tell = partial(on_listening, place)
        if sys.platform == "win32":
            from facevec.web.serve import waitress_server

            waitress_server.run(loaded, networks, listener, tell)
        else:
            from facevec.web.serve import gunicorn_server

            gunicorn_server.run(loaded, networks, listener, tell, callers_wait=handed is not None)


def _require_key_elsewhere(loaded: Loaded) -> None:
    server = loaded.settings.server
    exists = waited_for(partial(_key_exists, loaded), _patience(loaded))
    if not exists and not server.listens_to_this_machine_only:
        raise SettingsError(
            f"Listening on {server.host} lets other machines in, and there is no key to ask them for. "
            "Make one with `facevec key create NAME --scope recognize`, or listen on 127.0.0.1."
        )


def _key_exists(loaded: Loaded) -> bool:
    with App(loaded) as app:
        return app.keys.any_valid()


def _patience(loaded: Loaded) -> float:
    """Seconds to wait for the registry; what ails a file does not pass."""
    is_server = loaded.registry_url.get_backend_name() == "postgresql"
    return loaded.settings.registry.wait_seconds if is_server else 0.0


def _listening(server: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        return socket.create_server((server.host, server.port), family=family)
    except OSError as error:
        raise SettingsError(
            f"{server.host}:{server.port} cannot be listened on ({error.strerror}); "
            "stop what listens there, or choose another --port (0 takes a free one)."
        ) from error


def _place(loaded: Loaded, port: int) -> Listening:
    server = loaded.settings.server
    url = server.url(port)
    if not server.local_key_counts:
        return Listening(url)
    key = App(loaded).local_key
    return Listening(url, f"{url}/?token={key.link_token()}", key.path)
