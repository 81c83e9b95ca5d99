"""Which hosts the service answers to, which pages may call it, and what a browser may do with its answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, request

from facevec.config import ServerSettings
from facevec.web.problems import Problem, bad_request

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104  # compared with, not listened on
WATCHED = frozenset({"/healthz", "/readyz"})
"""Asked for by the address a process has at the moment; they tell nothing about anybody."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]\s]+)(?::\d{1,5})?")

NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
ALLOWED_HEADERS = "Authorization, X-API-Key, Content-Type, If-Match, If-None-Match, X-Purpose, X-Request-Id"
EXPOSED_HEADERS = "ETag, Location, Retry-After, X-Erasure-Receipt, X-Request-Id"
PREFLIGHT_SECONDS = "600"


def trusted_hosts(server: ServerSettings) -> Sequence[str]:
    """The host names that are answered; none is any."""
    public = (server.public_host,) if server.public_host else ()
    if server.allowed_hosts:
        own = LOOPBACK_NAMES if server.listens_to_this_machine_only else ()
        return (*server.allowed_hosts, *public, *own)
    if server.host in ANY_ADDRESS:
        return ()
    return (*LOOPBACK_NAMES, *public, f"[{server.host}]" if ":" in server.host else server.host)


def require_trusted_host(trusted: Sequence[str]) -> None:
    """Raises Problem 400 for a name that a foreign page may have bent to this address."""
    if not trusted or request.path in WATCHED:
        return
    if not _is_trusted(request.environ.get("HTTP_HOST", ""), trusted):
        raise bad_request(
            "The service does not answer to this host name; add it to server.allowed_hosts, or set "
            "server.public_url.",
            "host_not_allowed",
        )


def _is_trusted(host: str, trusted: Sequence[str]) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match[1].lower()
    return any(
        name == allowed or (allowed.startswith(".") and name.endswith(allowed))
        for allowed in (entry.lower() for entry in trusted)
    )


def preflight(origins: Sequence[str], methods: Sequence[str]) -> Response | None:
    """The answer to a browser that asks whether a page of another site may call; None for anything else.

    methods: those that there are.
    """
    asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    if not asked or request.headers.get("Origin") not in origins:
        return None
    response = Response(status=HTTPStatus.NO_CONTENT)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def secure(response: Response, origins: Sequence[str]) -> Response:
    """Add what a browser needs to be told."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    page = response.mimetype == "text/html"
    response.headers.setdefault("Content-Security-Policy", PAGES if page else NOTHING)
    response.headers.setdefault("Cache-Control", "no-store")
    origin = request.headers.get("Origin")
    if origins:
        response.headers.add("Vary", "Origin")
    if origin in origins:
        response.headers["Access-Control-Allow-Origin"] = origin or ""
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def not_found() -> Problem:
    """404 for a path that there is not."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        "not_found",
        "There is nothing here; `docs`, beside the first page, lists what there is.",
    )
