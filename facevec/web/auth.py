"""Who may do what: keys with scopes. Nothing is open to whoever has none."""

from __future__ import annotations

from http import HTTPStatus

from flask import Request

from facevec.ports import ApiKeys, LocalKey
from facevec.types import ApiKey, Scope
from facevec.web import session
from facevec.web.problems import Problem, forbidden

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="facevec"'}
NEEDED = (
    "This needs a key: send it as `Authorization: Bearer KEY`. "
    "`facevec key create NAME --scope recognize` makes one."
)
LOCAL = (
    'On the machine of the service, `curl -H "@$(facevec key local)"` has one, and `facevec key link` opens '
    "the page."
)


class AccessControl:
    """Lets a request in, or says why not."""

    def __init__(self, keys: ApiKeys, local: LocalKey | None) -> None:
        """local: this machine's own key, where it counts."""
        self._keys = keys
        self._local = local

    def authorize(self, request: Request, scope: Scope) -> ApiKey:
        """The key that the request came with, or that its session stands for.

        Raises Problem 401 without a valid key, 403 when the key has not the scope.
        """
        key = self._holder(request)
        if not key.may(scope):
            raise forbidden(f"This key has not the scope {scope}; use one that has.")
        return key

    def _holder(self, request: Request) -> ApiKey:
        presented = _presented(request)
        if presented is None:
            key = session.find(request, self._local) if self._local is not None else None
            if key is None:
                raise _unauthorized(NEEDED if self._local is None else f"{NEEDED} {LOCAL}")
            return key
        key = self._local.find(presented) if self._local is not None else None
        key = key or self._keys.find(presented)
        if key is None:
            raise _unauthorized("This key is not valid: it was mistyped, revoked, or has expired.")
        return key


def _presented(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return request.headers.get("X-API-Key")


def _unauthorized(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorised", detail, headers=CHALLENGE)
