"""The service under waitress, which runs where gunicorn does not: on Windows."""

from __future__ import annotations

import importlib
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facevec.config import Loaded


def run(loaded: Loaded, listener: socket.socket) -> None:
    """Serve until Ctrl-C. waitress reads whole bodies before a thread takes them up."""
    from waitress import serve

    server = loaded.settings.server
    most = 2 * server.max_body_bytes  # beyond this waitress refuses in its own words, below it the service
    # By name, as any WSGI server does it: the rooms cli and web do not import each other.
    app = importlib.import_module("facevec.web").create_app(loaded)
    serve(
        app,
        sockets=[listener],
        threads=server.threads,
        max_request_body_size=most,
        inbuf_overflow=most,  # pictures stay in memory, never in a temporary file
        channel_timeout=int(server.body_seconds),
        clear_untrusted_proxy_headers=False,  # who comes through a proxy is told apart by them
        ident=None,
    )
