"""Standard streams that do not decide how the work ends.

What a stream's encoding lacks is escaped; what cannot be written (a full disk, a reader that is gone,
a closed descriptor, a terminal that hung up) is dropped, and the first failure is kept to be asked for.
"""

from __future__ import annotations

import errno
import io
import os
import re
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STANDARD_DESCRIPTORS = (0, 1, 2)
_UNREAD = re.compile("[\udc80-\udcff]+")


class Outlet(io.RawIOBase):
    """The bytes of `sink`, which may fail; None is a stream that was closed before the process began."""

    def __init__(self, sink: IO[bytes] | io.RawIOBase | None) -> None:
        self._sink = sink
        self.failure: Exception | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        """All of `data` is taken, whatever becomes of it."""
        view = memoryview(data).cast("B")
        try:
            self._pass_on(view)
        except (OSError, ValueError) as error:  # ValueError: the sink was closed meanwhile
            self.failure = self.failure or error
        return len(view)

    def isatty(self) -> bool:
        try:
            return self._sink is not None and self._sink.isatty()
        except (OSError, ValueError):
            return False

    def fileno(self) -> int:
        if self._sink is None:
            raise io.UnsupportedOperation("fileno")
        return self._sink.fileno()

    def _pass_on(self, view: memoryview) -> None:
        if self._sink is None:
            raise OSError(errno.EBADF, "it was closed from the start")
        while view:
            written = self._sink.write(view)
            if written is None:  # a descriptor that somebody made non-blocking, and that is full for now
                select.select([], [self._sink], [])
            else:
                view = view[written:]
        self._sink.flush()


class Steady(io.TextIOWrapper):
    """Text for a stream that may fail, and knows whether it did."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # were it collected, it would close what is written to here
        self._outlet = Outlet(_sink(stream))
        super().__init__(
            io.BufferedWriter(self._outlet),
            encoding=getattr(stream, "encoding", None) or "utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )

    @property
    def failure(self) -> Exception | None:
        """Why something could not be written; None while everything could."""
        self.flush()
        return self._outlet.failure


def steady(stream: TextIO | None) -> TextIO:
    """`stream` as one whose writing never fails; a stream that has no bytes below it is left as it is."""
    if isinstance(stream, Steady) or (stream is not None and not hasattr(stream, "buffer")):
        return stream
    return Steady(stream)


@contextmanager
def steady_streams() -> Iterator[None]:
    """stdout and stderr are steady inside the block, and there is a stdin, at its end if it was closed."""
    _occupy_standard_descriptors()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = cast("TextIO | None", sys.stdin) or io.TextIOWrapper(io.BytesIO())
    sys.stdout, sys.stderr = steady(sys.stdout), steady(sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def failure(stream: TextIO) -> Exception | None:
    """Why something could not be written to a steady `stream`."""
    return stream.failure if isinstance(stream, Steady) else None


def readable(text: str) -> str:
    """`text` with bytes of file names and words that the locale could not read taken for UTF-8, or marked."""

    def read(unread: re.Match[str]) -> str:
        return unread[0].encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    return _UNREAD.sub(read, text)


def reader_left(error: Exception) -> bool:
    """Whether whoever read the stream has had enough, which is no fault: `facevec worker list | head -1`."""
    return isinstance(error, BrokenPipeError)


def _sink(stream: TextIO | None) -> IO[bytes] | io.RawIOBase | None:
    if stream is None:
        return None
    with suppress(OSError, ValueError):  # it will fail again, with something of ours
        stream.flush()
    return getattr(stream.buffer, "raw", stream.buffer)


def _occupy_standard_descriptors() -> None:
    """Open /dev/null where a standard descriptor is closed.

    Otherwise the next file that is opened gets its number, and what a C library prints goes into the
    database.
    """
    for descriptor in STANDARD_DESCRIPTORS:
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
