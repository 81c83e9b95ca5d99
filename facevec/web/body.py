"""A request's body: bounded in bytes and time, kept off the disk, read into the model it must satisfy."""

from __future__ import annotations

import codecs
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http import HTTPStatus
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, get_origin

import flask
from pydantic import BaseModel
from pydantic_core import from_json
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser

from facevec.types import PhotoSource
from facevec.web.problems import Problem, bad_request
from facevec.web.validation import validated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GUARD = "facevec.body"
SOCKET = "gunicorn.socket"
MAX_PARTS = 300
MAX_FIELD_BYTES = 100_000
MAX_FILE_NAME = 255
DISCARD_SECONDS = 5.0
DISCARD_STEP = 1 << 16


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
        except HTTPException:
            raise
        except Exception as error:  # each server has its own errors for a body that breaks off
            raise bad_request("The body broke off before its end; send it again.", "body_broken") from error
        self._left -= len(data)
        if self._left < 0:
            raise too_large(self._max_bytes)
        return data

    def discard(self) -> None:
        """Read what a refused request still sends, so that its connection can be used again."""
        with suppress(Problem, HTTPException), self.deadline(min(self._seconds, DISCARD_SECONDS)):
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
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                "body_too_slow",
                f"The body took longer than {self._seconds:g} s; send less, or over a faster line.",
                headers={"Connection": "close"},
            )

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


class Request(flask.Request):
    """Keeps uploads in memory, never in a temporary file, and complains of a broken form."""

    max_form_parts = MAX_PARTS
    max_form_memory_size = MAX_FIELD_BYTES

    def make_form_data_parser(self) -> FormDataParser:
        return FormDataParser(
            stream_factory=_in_memory,  # type: ignore[arg-type]  # it has no use for what it is told
            max_form_memory_size=self.max_form_memory_size,
            max_content_length=self.max_content_length,
            max_form_parts=self.max_form_parts,
            cls=self.parameter_storage_class,
            silent=False,
        )


def discard_rest(request: flask.Request, response: flask.Response) -> None:
    """Once `response` is sent, read what is left of the body; only where the server marks its end."""
    guard: Guard = request.environ[GUARD]
    length = request.content_length or 0
    unread = "Transfer-Encoding" in request.headers or guard.received < length
    if unread and request.environ.get("wsgi.input_terminated"):
        response.call_on_close(guard.discard)


def _in_memory(**_about: object) -> BytesIO:
    return BytesIO()


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
    if json is not None and request.mimetype == "application/json":
        with guard.deadline():
            data = request.get_data(cache=False)
        return validated(json, _parsed(data))
    if form is not None and request.mimetype == "multipart/form-data":
        with guard.deadline():
            fields, files = _parts(request)
        return validated(form, _assembled(form, fields, files))
    kinds = [kind for kind, model in (("multipart/form-data", form), ("application/json", json)) if model]
    raise Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        f"Send the body as {' or '.join(kinds)}, and say so in Content-Type.",
    )


def too_large(max_bytes: int) -> Problem:
    """413."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"The request is larger than {max_bytes / 1e6:g} MB; send less at a time.",
    )


def _parsed(data: bytes) -> dict[str, Any]:
    if not data:
        raise bad_request("The body is empty.")
    try:
        parsed = from_json(data.removeprefix(codecs.BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise bad_request(f"The body is not valid JSON: {error}.", "json_invalid") from error
    if not isinstance(parsed, dict):
        raise bad_request("The body must be a JSON object.", "json_invalid")
    return parsed


def _parts(request: flask.Request) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    try:
        return request.form, request.files
    except ValueError as error:
        raise bad_request(
            "The form is malformed; send it as a browser or curl does.", "form_invalid"
        ) from error


def _assembled(
    form: type[BaseModel], fields: MultiDict[str, str], files: MultiDict[str, FileStorage]
) -> dict[str, Any]:
    """The form as an object; its numbers, booleans and objects are written as in JSON."""
    for name in set(fields) & set(files):
        raise bad_request(f"{name} came both as a text and as a file; send it once.")
    parameters: dict[str, Any] = {}
    texts = _texts(form)
    parts: list[tuple[str, list[str] | list[PhotoSource]]] = [
        *fields.lists(),
        *((name, [_photo(storage) for storage in storages]) for name, storages in files.lists()),
    ]
    for name, values in parts:
        known = form.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is list:
            parameters[name] = list(values)
        elif len(values) > 1:
            raise bad_request(f"{name} came {len(values)} times; send it once.")
        else:
            parameters[name] = values[0] if name in texts else _from_text(values[0])
    return parameters


@cache
def _texts(form: type[BaseModel]) -> frozenset[str]:
    """Fields of `form` that hold text as it is."""
    properties = form.model_json_schema()["properties"]
    return frozenset(
        name
        for name, schema in properties.items()
        if any(kind.get("type") == "string" for kind in schema.get("anyOf", [schema]))
    )


def _from_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return from_json(value, allow_inf_nan=False)
    except ValueError:
        return value


def _photo(storage: FileStorage) -> PhotoSource:
    return PhotoSource(file_name(storage.filename) or "", storage.stream.read())


def file_name(name: str | None) -> str | None:
    """A client's name for a picture as it may be shown again; it never opens anything."""
    if not name:
        return None
    return "".join(c if c.isprintable() else "\ufffd" for c in name)[:MAX_FILE_NAME]
