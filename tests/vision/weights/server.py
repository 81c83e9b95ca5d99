"""A web server on the loopback with the faults of real ones."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served at every path, and how badly.

    cut_after: bytes after which each of the first `cuts` answers ends. statuses: errors to answer first.
    pause: holds the body back until set, where given. ranges: the Range header of each request.
    """

    content: bytes
    etag: str | None = '"one"'
    takes_ranges: bool = True
    ignores_if_range: bool = False
    cut_after: int = 0
    cuts: int = 0
    statuses: list[int] = field(default_factory=list)
    location: str | None = None
    pause: threading.Event | None = None
    ranges: list[str | None] = field(default_factory=list)
    address: str = ""

    def url(self, path: str = "file") -> str:
        return f"{self.address}/{path}"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, site)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        if site.pause is not None:
            site.pause.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answer(handler: BaseHTTPRequestHandler, site: Site) -> None:
    asked = handler.headers.get("Range")
    site.ranges.append(asked)
    if site.statuses:
        handler.send_response(site.statuses.pop(0))
        if site.location:
            handler.send_header("Location", site.location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    body = body_of(handler, site, asked)
    if site.cuts:
        site.cuts -= 1
        body = body[: site.cut_after]
        handler.close_connection = True
    handler.wfile.write(body[:1])
    if site.pause is not None:
        handler.wfile.flush()
        site.pause.wait(30)
    try:
        handler.wfile.write(body[1:])
    except OSError:
        handler.close_connection = True


def body_of(handler: BaseHTTPRequestHandler, site: Site, asked: str | None) -> bytes:
    """Send the head of the answer; the body that it promises."""
    fresh = site.ignores_if_range or handler.headers.get("If-Range") == site.etag
    start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
    if asked and site.takes_ranges and fresh:
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
    else:
        handler.send_response(200)
        start = 0
    if site.etag:
        handler.send_header("ETag", site.etag)
    handler.send_header("Content-Length", str(len(site.content) - start))
    handler.end_headers()
    return site.content[start:]
