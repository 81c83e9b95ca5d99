"""Who may do what: API keys with scopes, and what this machine may do before there has been one."""

from __future__ import annotations

from http import HTTPStatus

from flask import Request

from facevec.config import ServerSettings, is_loopback
from facevec.ports import ApiKeys
from facevec.types import ApiKey, Scope
from facevec.web.problems import Problem, forbidden

PROXY_HEADERS = (
    "Forwarded", "Via", "X-Real-Ip",
    *(f"X-Forwarded-{what}" for what in ("For", "Host", "Port", "Proto", "Prefix", "Server")),
)  # fmt: skip
"""Say that a request came through a proxy. Nothing in them is believed."""
FOREIGN_PAGES = ("cross-site", "same-site")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="facevec"'}


class AccessControl:
    """Lets a request in, or says why not."""

    def __init__(self, keys: ApiKeys, server: ServerSettings) -> None:
        self._keys = keys
        self._open_to_this_machine = server.require_key == "auto" and server.reached_from_this_machine_only

    def authorize(self, request: Request, scope: Scope) -> ApiKey | None:
        """The key that the request came with; None for one from this machine that needs none.

        Raises Problem 401 without a valid key, 403 when the key has not the scope.
        """
        presented = _presented(request)
        if presented is None:
            if scope == "recognize" and self._needs_no_key(request):
                return None
            raise _unauthorized(
                "This needs a key: send it as `Authorization: Bearer KEY`. "
                "`facevec key create NAME --scope recognize` makes one."
            )
        key = self._keys.find(presented)
        if key is None:
            raise _unauthorized("This key is not valid: it was mistyped, revoked, or has expired.")
        if not key.may(scope):
            raise forbidden(f"This key has not the scope {scope}; use one that has.")
        return key

    def _needs_no_key(self, request: Request) -> bool:
        """From a program on this machine, no proxy and no foreign web page, and there has never been a key.

        Not "none is valid": revoking a key, or letting it expire, would let everybody in.
        """
        return (
            self._open_to_this_machine
            and is_loopback(request.remote_addr or "")
            and not any(name in request.headers for name in PROXY_HEADERS)
            and request.headers.get("Sec-Fetch-Site") not in FOREIGN_PAGES
            and not self._keys.ever_issued()
        )


def _presented(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("X-API-Key")


def _unauthorized(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorised", detail, headers=CHALLENGE)
