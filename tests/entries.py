"""What may lie in a folder beside files and folders, and a watch over tests that could wait for ever."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such entries in folders")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening_socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the address of a socket is short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(before)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


ODD: dict[str, Callable[[Path], None]] = {
    "pipe.jpg": pipe,
    "socket.jpg": listening_socket,
    "device.jpg": device,
    "loop.jpg": loop,
    "dangling.jpg": dangling,
}
"""Name -> what makes an entry that is no file."""


def make_odd(folder: Path) -> set[str]:
    """One of each in `folder`; their paths."""
    for name, make in ODD.items():
        make(folder / name)
    return {str(folder / name) for name in ODD}


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail the test when the block takes longer."""

    def too_late(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still waiting after {seconds} s")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
