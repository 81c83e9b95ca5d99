"""A request's body: bounded in bytes and time, kept off the disk, read into the model it must satisfy."""

from __future__ import annotations

import codecs
import socket
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, get_origin

import flask
from pydantic import BaseModel
from pydantic_core import from_json
from werkzeug.exceptions import HTTPException

from facevec.files import size_in_words
from facevec.types import PhotoSource
from facevec.web import multipart
from facevec.web.bounds import require_bounded
from facevec.web.problems import Problem, bad_request, shortened, too_large
from facevec.web.validation import validated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GUARD = "facevec.body"
SOCKET = "gunicorn.socket"
DISCARD_SECONDS = 5.0
DISCARD_STEP = 1 << 16

_LINE_BREAKS_TO_SPACES = bytes.maketrans(b"\r\n", b"  ")


class Guard:
    """The stream of a body that may hold so many bytes and take so many seconds."""

    def __init__(self, stream: IO[bytes], max_bytes: int, seconds: float, peer: socket.socket | None) -> None:
        self._stream = stream
        self._left = max_bytes
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._peer = peer
        self._expired = False

    @property
    def received(self) -> int:
        """Bytes read so far."""
        return self._max_bytes - self._left

    def read(self, size: int = -1) -> bytes:
        """As a file's. Raises Problem 413 when the body is larger than it may be, 400 when it breaks off."""
        most = self._left + 1
        try:
            data = self._stream.read(most if size is None or size < 0 else min(size, most))
        except (Problem, HTTPException, MemoryError):
            raise
        except Exception as error:  # each server has its own errors for a body that breaks off
            raise broken() from error
        self._left -= len(data)
        if self._left < 0:
            raise over_limit(self._max_bytes)
        return data

    def discard(self) -> None:
        """Read what a refused request still sends, so that its connection can be used again.

        Without memory for the thread that would end it, nothing is read: the connection breaks off.
        """
        with (
            suppress(Problem, HTTPException, RuntimeError),
            self.deadline(min(self._seconds, DISCARD_SECONDS)),
        ):
            while self.read(DISCARD_STEP):
                pass

    @contextmanager
    def deadline(self, seconds: float | None = None) -> Iterator[None]:
        """Reading ends after the seconds are over. Raises Problem 408."""
        timer = threading.Timer(self._seconds if seconds is None else seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (Problem, HTTPException):
            if not self._expired:
                raise
        finally:
            timer.cancel()
        if self._expired:
            raise too_slow(self._seconds)

    def _expire(self) -> None:
        self._expired = True
        if self._peer is not None:
            shut_reading(self._peer)


class BodyGuard:
    """WSGI middleware that puts a `Guard` around each body."""

    def __init__(self, app: WSGIApplication, max_bytes: int, seconds: float) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        peer = environ.get(SOCKET)
        if peer is not None:
            # Also bounds each piece of an answer that the client does not take.
            peer.settimeout(self._seconds)
        guard = Guard(environ["wsgi.input"], self._max_bytes, self._seconds, peer)
        environ["wsgi.input"] = environ[GUARD] = guard
        return self._app(environ, start_response)


def discard_rest(request: flask.Request, response: flask.Response) -> None:
    """Once `response` is sent, read what is left of the body; only where the server marks its end."""
    guard: Guard = request.environ[GUARD]
    length = request.content_length or 0
    unread = "Transfer-Encoding" in request.headers or guard.received < length
    if unread and request.environ.get("wsgi.input_terminated"):
        response.call_on_close(guard.discard)


def shut_reading(peer: socket.socket) -> None:
    """Wake a thread that waits for this socket: nothing more will come."""
    try:
        peer.shutdown(socket.SHUT_RD)
    except OSError:
        return


def read(request: flask.Request, json: type[BaseModel] | None, form: type[BaseModel] | None) -> BaseModel:
    """The body as a valid `json` or `form` model, whichever its content type says.

    Raises Problem 400, 408, 413, 415.
    """
    guard: Guard = request.environ[GUARD]
    if request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is compressed, as Content-Encoding says, and none is unpacked here; send it as it is.",
        )
    if json is not None and request.mimetype == "application/json":
        with guard.deadline():
            data = request.get_data(cache=False)
        return validated(json, _parsed(data, _encoded(json)))
    if form is not None and request.mimetype == "multipart/form-data":
        boundary = request.mimetype_params.get("boundary", "")
        with guard.deadline():
            parts = list(multipart.parts(request.stream, boundary, _pictures(form)))
        return validated(form, _assembled(form, parts))
    raise _unsupported(request.mimetype, json, form)


def _unsupported(kind: str, json: type[BaseModel] | None, form: type[BaseModel] | None) -> Problem:
    """415, with what is taken here."""
    kinds = [kind for kind, model in (("multipart/form-data", form), ("application/json", json)) if model]
    sentence = f"Send the body as {' or '.join(kinds)}, and say so in Content-Type"
    pictures = sorted(_pictures(form)) if form else []
    if pictures:
        example = f"curl -F '{pictures[0]}=@picture.jpg'"
        bare = kind.startswith("image/") or kind == "application/octet-stream"
        sentence = f"A picture alone is no request. {sentence}" if bare else sentence
        sentence += f"; with curl, {example} does both"
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", f"{sentence}.")


def broken() -> Problem:
    """400, for one that breaks off."""
    return bad_request("The body broke off before its end; send it again.", "body_broken")


def too_slow(seconds: float) -> Problem:
    """408."""
    return Problem(
        HTTPStatus.REQUEST_TIMEOUT,
        "body_too_slow",
        f"The body took longer than the {seconds:g} s that it may (server.body_seconds); "
        "send less, or over a faster line.",
        headers={"Connection": "close"},
    )


def over_limit(max_bytes: int) -> Problem:
    """413."""
    return too_large(
        f"The request is larger than the {size_in_words(max_bytes)} that are accepted "
        f"(server.max_body_bytes is {max_bytes}); send less at a time."
    )


def _parsed(data: bytes, pictures: Collection[str]) -> dict[str, Any]:
    if not data:
        raise bad_request("The body is empty.")
    require_bounded(data, pictures)
    try:
        parsed = _json(data.removeprefix(codecs.BOM_UTF8))
    except ValueError as error:
        raise bad_request(f"The body is not valid JSON: {error}.", "json_invalid") from error
    if not isinstance(parsed, dict):
        raise bad_request("The body must be a JSON object.", "json_invalid")
    return parsed


def _json(data: bytes) -> object:
    """The value of a JSON document. Line breaks may stand in a text as they are: `base64` writes them."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError:
        plain = data.translate(_LINE_BREAKS_TO_SPACES)
        if plain == data:
            raise
        return from_json(plain, allow_inf_nan=False)


def _assembled(form: type[BaseModel], parts: Iterable[tuple[str, str | PhotoSource]]) -> dict[str, Any]:
    """The form as an object; its numbers, booleans and objects are written as in JSON."""
    by_name: dict[str, list[str | PhotoSource]] = {}
    for name, value in parts:
        by_name.setdefault(name, []).append(value)
    parameters: dict[str, Any] = {}
    for name, values in by_name.items():
        known = form.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            parameters[name] = values if name in _pictures(form) else [_from_text(value) for value in values]
        elif len(values) > 1:
            raise bad_request(f"{shortened(name)} came {len(values)} times; send it once.")
        else:
            parameters[name] = values[0] if known is None or name in _texts(form) else _from_text(values[0])
    return parameters


@cache
def _texts(form: type[BaseModel]) -> frozenset[str]:
    """Fields of `form` that hold text as it is."""
    return frozenset(
        name
        for name, schema in form.model_json_schema()["properties"].items()
        if any(kind.get("type") == "string" for kind in schema.get("anyOf", [schema]))
    )


@cache
def _pictures(form: type[BaseModel]) -> frozenset[str]:
    """Fields of `form` that hold pictures."""
    return _of_format(form, "binary")


@cache
def _encoded(json: type[BaseModel]) -> frozenset[str]:
    """Fields of `json` that hold pictures."""
    return _of_format(json, "base64")


def _of_format(model: type[BaseModel], wanted: str) -> frozenset[str]:
    return frozenset(
        name
        for name, schema in model.model_json_schema()["properties"].items()
        if any(
            kind.get("format") == wanted for kind in (*schema.get("anyOf", [schema]), schema.get("items", {}))
        )
    )


def _from_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    require_bounded(value.encode("utf-8", "replace"))
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        return value
