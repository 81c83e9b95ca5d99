"""A socket that systemd keeps open and hands over: while the service restarts, callers wait in it."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

from facevec.config import Loaded
from facevec.errors import SettingsError

FIRST_FD = 3  # sd_listen_fds(3)


def handed_listener() -> socket.socket | None:
    """The socket that was made for this process to listen on; None where there is none.

    Raises SettingsError where there are several, or one that takes no connections over TCP.
    """
    count, process = os.environ.pop("LISTEN_FDS", "0"), os.environ.pop("LISTEN_PID", "")
    if process != str(os.getpid()) or count == "0":
        return None
    if count == "1":
        os.set_inheritable(FIRST_FD, False)
        listener = socket.socket(fileno=FIRST_FD)
        if listener.family in (socket.AF_INET, socket.AF_INET6) and listener.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            return listener
    raise SettingsError(
        "facevec takes one socket of systemd's, of TCP; say so in facevec.socket: one ListenStream= with an "
        "address and a port, and Accept=no."
    )


def listening_there(loaded: Loaded, listener: socket.socket) -> Loaded:
    """The settings with the address at which the socket is, whatever they say themselves."""
    host, port = listener.getsockname()[:2]
    server = loaded.settings.server.model_copy(update={"host": host, "port": port})
    return replace(loaded, settings=loaded.settings.model_copy(update={"server": server}))
