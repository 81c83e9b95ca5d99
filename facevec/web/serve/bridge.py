"""From an event loop to the service: a thread is taken only for a request that is wholly there.

The loop holds connections, headers and bodies, however slowly they come, and sends answers, however slowly
they are taken. `/healthz`, which waits for nothing, is answered in the loop itself, whatever the threads do.
"""

from __future__ import annotations

import asyncio
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from facevec.config import ServerSettings
from facevec.web import body
from facevec.web.admission import ADMISSION, Admission
from facevec.web.problems import Problem, try_later
from facevec.web.serve.allocator import trim

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HEALTH = "/healthz"
CONNECTION = "facevec.connection"
STEP = 1 << 18
"""Bytes of an answer that are held at a time, where it comes in pieces."""

LIGHT_THREADS = 4
"""For requests without a body, and for those that are not let in yet: anybody can make many of them, and each
thread that works takes turns with the loop."""

TIDY_SECONDS = 3.0

BODIES = 10
"""As many of the largest bodies are held at a time."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Got = TypeVar("Got")


class Connection(Protocol):
    """What a request tells the connection it came on."""

    def at_work(self) -> AbstractContextManager[None]:
        """The service works for its client meanwhile."""
        ...

    def abort(self) -> None:
        """Drop it at once."""
        ...

    def expect_sent(self, seconds: float) -> None:
        """Drop it unless what was written is taken within so many seconds."""
        ...


class Bridge:
    """An ASGI application over the service, which is a WSGI one. rest: as of `bootstrap.App`."""

    def __init__(self, app: WSGIApplication, server: ServerSettings, rest: Callable[[], None]) -> None:
        self._app, self._rest = app, rest
        self._max_bytes = server.max_body_bytes
        self._seconds = server.body_seconds
        self._held = 0
        self._tidy_at: float | None = None
        self._light = request_threads(min(LIGHT_THREADS, server.threads))
        self._pool = request_threads(server.threads)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        environ, connection = _environ(scope), scope[CONNECTION]
        if environ["PATH_INFO"].endswith(HEALTH):
            await self._send(connection, _answered(self._app, environ), send)
            return
        respond = partial(self._respond, connection, self._light)
        if not _has_body(environ):
            await self._send(connection, await respond(environ), send)
            return
        if int(environ.get("CONTENT_LENGTH", 0)) <= self._max_bytes:
            environ[ADMISSION] = Admission()
        answer = await respond(environ)
        held = _Held()
        if answer.status == HTTPStatus.CONTINUE:
            try:
                stream = await self._body(receive, held)
                answer = await self._respond(connection, self._pool, _with_body(environ, stream))
            finally:
                self._held -= held.bytes
        await self._send(connection, answer, send)
        if held.is_whole:  # whoever asks for more waits until the client leaves
            return
        with suppress(asyncio.TimeoutError):
            await in_time(_discard, receive, min(self._seconds, body.DISCARD_SECONDS))

    async def _respond(
        self, connection: Connection, threads: Executor, environ: Mapping[str, Any]
    ) -> _Answer:
        loop = asyncio.get_running_loop()
        try:
            with connection.at_work():
                return await loop.run_in_executor(threads, _answered, self._app, dict(environ))
        finally:
            if threads is self._pool and self._tidy_at is None:
                self._tidy_at = loop.time() + TIDY_SECONDS

    async def tidy(self) -> None:
        """Give memory back that pictures took, some time after the first of a burst. To be called often."""
        loop = asyncio.get_running_loop()
        if self._tidy_at is not None and loop.time() >= self._tidy_at:
            self._tidy_at = None
            await loop.run_in_executor(self._light, self._give_back)

    def _give_back(self) -> None:
        self._rest()
        trim()

    async def _body(self, receive: Receive, held: _Held) -> _Stream:
        """What the client sends, or what is wrong with it for whoever reads."""
        try:
            return await in_time(partial(self._received, held), receive, self._seconds)
        except asyncio.TimeoutError:
            return _Broken(body.too_slow(self._seconds))
        except Problem as problem:
            return _Broken(problem)

    async def _received(self, held: _Held, receive: Receive) -> io.BytesIO:
        """Raises Problem."""
        stream = io.BytesIO()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise body.broken()
            piece: bytes = message["body"]
            held.bytes += len(piece)
            self._held += len(piece)
            if held.bytes > self._max_bytes:
                raise body.over_limit(self._max_bytes)
            if self._held > BODIES * self._max_bytes:
                raise try_later("overloaded", "The service holds as much as it takes at a time; try again.")
            stream.write(piece)
            if not message["more_body"]:
                held.is_whole = True
                stream.seek(0)
                return stream

    async def _send(self, connection: Connection, answer: _Answer, send: Send) -> None:
        """Drops a connection whose client does not take the answer."""
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while True:
                piece, more = answer.piece, not answer.is_whole
                message = {"type": "http.response.body", "body": piece, "more_body": more}
                await asyncio.wait_for(send(message), self._seconds)
                if not more:
                    break
                await asyncio.get_running_loop().run_in_executor(self._light, answer.go_on)
            connection.expect_sent(self._seconds)
        except asyncio.TimeoutError:
            connection.abort()
        finally:
            answer.close()


async def in_time(work: Callable[[Receive], Awaitable[Got]], receive: Receive, seconds: float) -> Got:
    """What `work` makes of what it receives. Raises asyncio.TimeoutError once the seconds are over.

    Before Python 3.12 `asyncio.wait_for`, by which gunicorn waits too, forgets that it was cancelled where a
    piece comes in that very moment: `work` would go on for as long as its client likes.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + seconds

    async def receive_in_time() -> Message:
        message = await receive()
        if clock() >= end:
            raise asyncio.TimeoutError
        return message

    return await asyncio.wait_for(work(receive_in_time), seconds)


def request_threads(count: int) -> ThreadPoolExecutor:
    """So many, all of them running before the first request comes: without memory none starts any more."""
    pool = ThreadPoolExecutor(count, "facevec-request")
    everybody = threading.Barrier(count + 1)
    for _ in range(count):
        pool.submit(everybody.wait)
    everybody.wait()
    return pool


@dataclass(slots=True)
class _Held:
    """How much of a body is here."""

    bytes: int = 0
    is_whole: bool = False


class _Broken:
    """The stream of a body that is not there, and says why."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def read(self, _size: int = -1) -> bytes:
        raise self._problem


_Stream = io.BytesIO | _Broken


class _Answer:
    """An answer, and as much of its content as is held."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], content: Iterable[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.piece = b""
        self.is_whole = False
        self._content = content
        self._pieces: Iterator[bytes] = iter(content)
        self.go_on()

    def go_on(self) -> None:
        """Hold the next piece, which may wait for a disk."""
        gathered: list[bytes] = []
        size = 0
        for piece in self._pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= STEP:
                break
        else:
            self.is_whole = True
        self.piece = gathered[0] if len(gathered) == 1 else b"".join(gathered)

    def close(self) -> None:
        """As WSGI wants of whoever is through with it."""
        with suppress(AttributeError):
            self._content.close()  # type: ignore[attr-defined]  # some have it


def _answered(app: WSGIApplication, environ: dict[str, Any]) -> _Answer:
    """Run the service."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return _write

    content = app(environ, start)
    status, headers = started[-1]
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return _Answer(int(status[:3]), encoded, content)


def _write(_data: bytes) -> None:
    raise NotImplementedError("an answer is what is returned")


def _environ(scope: Message) -> dict[str, Any]:
    """The request as WSGI has it, with an empty body."""
    host, port = scope["server"] or ("", 0)
    client = scope["client"] or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _has_body(environ: Mapping[str, Any]) -> bool:
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


def _with_body(environ: Mapping[str, Any], stream: _Stream) -> dict[str, Any]:
    """The same request once its body is here: in one piece, whichever way it came."""
    whole = {name: value for name, value in environ.items() if name != "HTTP_TRANSFER_ENCODING"}
    whole["wsgi.input"] = stream
    if isinstance(stream, io.BytesIO):
        whole["CONTENT_LENGTH"] = str(stream.getbuffer().nbytes)
    return whole


async def _discard(receive: Receive) -> None:
    """What a refused request still sends, so that its client hears of it and its connection can go on."""
    while True:
        message = await receive()
        if message["type"] != "http.request" or not message["more_body"]:
            return
