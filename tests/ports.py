"""Ports for programs that a test starts."""

from __future__ import annotations

import socket
from contextlib import suppress

_RANGE = range(20_000, 32_000)
"""Below those that a system gives to whoever calls out or asks for any."""

_claims: list[socket.socket] = []
"""A UDP socket for each port that was given: nothing listens there, and no other process is given it."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on; until this process ends no other is given them."""
    ports: list[int] = []
    for port in _RANGE:
        if len(ports) == count:
            return ports
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with suppress(OSError):
            claim.bind(("127.0.0.1", port))
            socket.create_server(("", port)).close()
            _claims.append(claim)
            ports.append(port)
            continue
        claim.close()
    raise OSError("no free ports")
