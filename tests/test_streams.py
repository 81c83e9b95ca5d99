"""Streams whose writing never fails: what is escaped, what is dropped, and what is remembered."""

from __future__ import annotations

import errno
import io
import os
import threading
import time
from collections.abc import Iterator

import pytest

from facevec import logs
from facevec.streams import Outlet, Steady, failure, readable, reader_left, steady, steady_streams


class Failing(io.RawIOBase):
    """A stream that takes `room` bytes and then fails with `number`."""

    def __init__(self, number: int, room: int = 0) -> None:
        self.taken = b""
        self._number, self._room = number, room

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        some = bytes(data)[: self._room - len(self.taken)]
        if not some:
            raise OSError(self._number, os.strerror(self._number))
        self.taken += some
        return len(some)


def text_on(raw: io.RawIOBase, encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437", "koi8-r"])
def test_what_an_encoding_lacks_is_escaped(encoding: str) -> None:
    below = io.BytesIO()
    stream = steady(io.TextIOWrapper(below, encoding=encoding))
    stream.write("Łukasz 太郎 \udce9 a\n")
    written = below.getvalue().decode(encoding)
    assert written.replace("Ł", r"\u0141") == "\\u0141ukasz \\u592a\\u90ce \\udce9 a\n"
    assert failure(stream) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\udcc5\udc81ukasz", "Łukasz"),
        ("Ren\udce9.jpg", "Ren\ufffd.jpg"),
        ("Łukasz \ud83d", "Łukasz \ud83d"),
    ],
)
def test_bytes_that_no_locale_read_are_taken_for_utf_8(text: str, read: str) -> None:
    assert readable(text) == read


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPIPE, errno.EBADF, errno.EFBIG])
def test_a_failure_is_kept_and_not_raised(number: int) -> None:
    below = Failing(number, room=5)
    stream = steady(text_on(below))
    for _ in range(3):
        stream.write("1234567\n")
        stream.flush()
    assert below.taken == b"12345"
    error = failure(stream)
    assert isinstance(error, OSError)
    assert error.errno == number
    assert reader_left(error) == (number == errno.EPIPE)


def test_a_stream_that_was_never_there_fails_only_when_something_is_written() -> None:
    stream = steady(None)
    assert failure(stream) is None
    assert not stream.isatty()
    stream.write("lost\n")
    assert "closed" in str(failure(stream))


def test_a_stream_that_is_closed_meanwhile_is_no_error() -> None:
    below = io.TextIOWrapper(io.BytesIO())
    stream = steady(below)
    below.close()
    stream.write("lost\n")
    assert isinstance(failure(stream), ValueError)


def test_a_steady_stream_is_not_wrapped_twice_and_one_without_bytes_is_left() -> None:
    stream = steady(io.TextIOWrapper(io.BytesIO()))
    assert isinstance(stream, Steady)
    assert steady(stream) is stream
    words = io.StringIO()
    assert steady(words) is words


def test_what_was_written_before_stays_in_front() -> None:
    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8")
    stream.write("first ")
    steady(stream).write("second\n")
    assert below.getvalue() == b"first second\n"


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_full_pipe_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.set_blocking(writing, False)
    sent, come = b"x" * 1_000_000, bytearray()

    def read_slowly() -> None:
        time.sleep(0.2)
        while len(come) < len(sent):
            come.extend(os.read(reading, 65536))

    reader = threading.Thread(target=read_slowly)
    reader.start()
    outlet = Outlet(os.fdopen(writing, "wb", buffering=0, closefd=False))
    assert outlet.write(sent) == len(sent)
    reader.join(10)
    assert (bytes(come), outlet.failure) == (sent, None)


def test_without_any_standard_stream_there_are_some_and_afterwards_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", None)
    with steady_streams():
        import sys

        sys.stdout.write("a\n")
        sys.stderr.write("b\n")
        assert sys.stdin.readline() == ""
        assert sys.stdin.buffer.read() == b""
    assert (sys.stdin, sys.stdout, sys.stderr) == (None, None, None)


def test_logging_outlives_its_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    import structlog

    monkeypatch.setattr("sys.stderr", None)
    logs.configure("info")
    structlog.get_logger().info("started")
    logs.configure("info", stream=text_on(Failing(errno.ENOSPC)))
    structlog.get_logger().info("started")
