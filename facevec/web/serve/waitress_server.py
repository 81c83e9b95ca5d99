"""The service under waitress, which runs where gunicorn does not: on Windows."""

from __future__ import annotations

import socket
from collections.abc import Callable

from facevec.config import Loaded
from facevec.networks import NetworksOf
from facevec.web import create_app


def run(
    loaded: Loaded, networks: NetworksOf, listener: socket.socket, on_listening: Callable[[], None]
) -> None:
    """Serve until Ctrl-C. waitress reads whole bodies before a thread takes them up."""
    from waitress import serve

    server = loaded.settings.server
    most = 2 * server.max_body_bytes  # beyond this waitress refuses in its own words, below it the service
    on_listening()
    serve(
        create_app(loaded, networks=networks),
        sockets=[listener],
        threads=server.threads,
        max_request_body_size=most,
        inbuf_overflow=most,  # pictures stay in memory, never in a temporary file
        channel_timeout=int(server.body_seconds),
        clear_untrusted_proxy_headers=False,  # who comes through a proxy is told apart by them
        ident=None,
    )
