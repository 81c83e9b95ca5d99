"""Two machines that have nothing in common but the network: namespaces of it, where they can be made."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network


@dataclass(frozen=True)
class Place:
    """A machine: what runs a program there, its address, and where the test's own machine is for it."""

    within: tuple[str, ...]
    address: str
    host: str


NETWORK = IPv4Network("10.214.0.0/16")
"""A part of it of its own is between this machine and each other."""

LOCAL = Place((), "127.0.0.1", "127.0.0.1")


@contextmanager
def places() -> Iterator[tuple[Place, Place]]:
    """Two of them; where no namespaces can be made, both are this machine."""
    with ExitStack() as stack:
        try:
            two = stack.enter_context(another()), stack.enter_context(another(2))
        except (OSError, subprocess.CalledProcessError):
            two = LOCAL, LOCAL
        yield two


@contextmanager
def another(number: int = 1) -> Iterator[Place]:
    """A machine, joined to this one by a cable. Raises OSError, CalledProcessError where none can be made."""
    name = f"fv{os.getpid() % 100_000}n{number}"
    # What a killed run left has addresses of its own.
    network = NETWORK[4 * ((2 * os.getpid() + number) % (NETWORK.num_addresses // 4))]
    outside, inside, host, address = f"{name}h", f"{name}i", network + 1, network + 2
    _ip("netns", "add", name)
    try:
        _ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", name)
        _ip("address", "add", f"{host}/30", "dev", outside)
        _ip("link", "set", outside, "up")
        _ip("-n", name, "address", "add", f"{address}/30", "dev", inside)
        _ip("-n", name, "link", "set", inside, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield Place(("ip", "netns", "exec", name), str(address), str(host))
    finally:
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def reached_at(address: str, path: str) -> Iterator[int]:
    """The port at which whoever connects to `address` reaches the socket at `path`."""
    with socket.create_server((address, 0)) as listener:
        threading.Thread(target=_serve, args=(listener, path), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket, path: str) -> None:
    with contextlib.suppress(OSError):  # closed: the test has ended
        while True:
            caller, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(path)
            for one, other in ((caller, server), (server, caller)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
