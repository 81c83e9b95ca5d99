"""One file over HTTPS: resumed where it was cut, checked before anybody sees it.

urllib takes proxies and certificates from the environment and the system.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPMessage
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from facevec.errors import DownloadFailed
from facevec.files import sha256_of

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all; the latter is 0 where it is not known."""

TIMEOUT_SECONDS = 10.0
"""Longest wait for a connection, or for the next bytes; an offline machine learns it this fast."""

PAUSES_SECONDS = (0.0, 1.0, 3.0, 8.0)
"""Before each attempt; a server that cannot be reached at first is not tried again."""

_CHUNK = 1 << 18
_PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE, _TOO_MANY_REQUESTS, _SERVER_FAULT = 206, 416, 429, 500


class _InterruptedError(Exception):
    """This attempt failed; the next may not."""


class _UnreachableError(_InterruptedError):
    """The server could not be reached at all."""


def download(
    url: str,
    partial: Path,
    limit: int,
    sha256: str | None,
    progress: Progress | None,
    *,
    timeout: float = TIMEOUT_SECONDS,
    pauses: Sequence[float] = PAUSES_SECONDS,
) -> Path:
    """The file at `url`, as `partial`: what an earlier attempt left there is continued if the server agrees.

    limit: most bytes to take. sha256: what the file must hash to, None when that is not known. timeout,
    pauses: seconds.

    Raises DownloadFailed; then `partial` holds what the next call continues, or nothing.
    """
    host = urlsplit(url).netloc
    reason = ""
    for pause in pauses:
        time.sleep(pause)
        try:
            _attempt(url, partial, limit, progress, timeout)
            break
        except _InterruptedError as error:
            reason = str(error)
            if not pause and isinstance(error, _UnreachableError):
                raise DownloadFailed(f"{host} cannot be reached ({reason}).") from None
    else:
        raise DownloadFailed(
            f"The download from {host} kept failing ({reason}); run the command again to go on."
        )
    _validator_file(partial).unlink(missing_ok=True)
    if sha256 is not None and sha256_of(partial) != sha256:
        partial.unlink()
        raise DownloadFailed(f"What {host} sent is not the expected file (its SHA-256 is not {sha256}).")
    return partial


def _attempt(url: str, partial: Path, limit: int, progress: Progress | None, timeout: float) -> None:
    headers = {"User-Agent": "facevec", "Accept-Encoding": "identity"}
    validator = _read_validator(partial, url)
    if validator:
        headers |= {"Range": f"bytes={partial.stat().st_size}-", "If-Range": validator}
    else:
        partial.unlink(missing_ok=True)
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the opener knows http and https only
        with _opener().open(request, timeout=timeout) as response:
            _receive(response, url, partial, limit, progress)
    except urllib.error.HTTPError as error:
        _judge(error, url, partial)
    except urllib.error.URLError as error:
        raise _UnreachableError(getattr(error.reason, "strerror", None) or str(error.reason)) from None
    except (OSError, http.client.HTTPException) as error:
        raise _InterruptedError(str(error) or type(error).__name__) from None


def _receive(
    response: http.client.HTTPResponse, url: str, partial: Path, limit: int, progress: Progress | None
) -> None:
    received = _continues_at(response, partial, url) if response.status == _PARTIAL_CONTENT else 0
    length = response.headers.get("Content-Length")
    total = received + int(length) if length else 0
    _write_validator(partial, url, response.headers)
    with partial.open("ab" if received else "wb") as file:
        while chunk := _next_chunk(response, limit, max(received, total)):
            file.write(chunk)
            received += len(chunk)
            if progress is not None:
                progress(received, total)
    if received < total:
        raise _InterruptedError(f"it ended after {received} of {total} bytes")


def _next_chunk(response: IO[bytes], limit: int, size: int) -> bytes:
    if size > limit:
        raise DownloadFailed(f"The file to download is larger than the {limit} bytes it should have at most.")
    return response.read(_CHUNK)


def _continues_at(response: http.client.HTTPResponse, partial: Path, url: str) -> int:
    """Where the server goes on; it must be where the partial file ends, in the same file."""
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    size = partial.stat().st_size
    if (
        match is None
        or int(match[1]) != size
        or _validator(response.headers) != _read_validator(partial, url)
    ):
        _discard(partial)
        raise _InterruptedError("the server went on with something else")
    return size


def _judge(error: urllib.error.HTTPError, url: str, partial: Path) -> None:
    if error.code == _RANGE_NOT_SATISFIABLE:
        _discard(partial)
    elif error.code != _TOO_MANY_REQUESTS and error.code < _SERVER_FAULT:
        raise DownloadFailed(f"{url} answered {error.code} {error.reason}.") from None
    raise _InterruptedError(f"the server answered {error.code} {error.reason}") from None


def _validator(headers: HTTPMessage) -> str | None:
    """What the server can tell the same file by: a strong ETag or a date (RFC 9110, 13.1.5)."""
    etag = headers.get("ETag")
    return etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")


def _validator_file(partial: Path) -> Path:
    return partial.with_name(partial.name + ".json")


def _read_validator(partial: Path, url: str) -> str | None:
    """The validator of what lies in `partial`, if it came from `url` and can be continued."""
    try:
        known = json.loads(_validator_file(partial).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    validator = known.get(url) if isinstance(known, dict) and partial.is_file() else None
    return validator if isinstance(validator, str) else None


def _write_validator(partial: Path, url: str, headers: HTTPMessage) -> None:
    _validator_file(partial).write_text(json.dumps({url: _validator(headers)}), encoding="utf-8")


def _discard(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _validator_file(partial).unlink(missing_ok=True)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to anything weaker."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise DownloadFailed(f"{req.host} redirects to a connection that is not encrypted.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """An opener for http and https alone: no files, no FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener
