"""Who may do what: keys with scopes. Nothing is open to whoever has none."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from flask import Request

from facevec.ports import ApiKeys, LocalKey
from facevec.types import ApiKey, Scope
from facevec.web import call, session
from facevec.web.address import Network, client_address
from facevec.web.lockout import Lockout
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

    def __init__(
        self, keys: ApiKeys, local: LocalKey | None, lockout: Lockout, proxies: Sequence[Network] = ()
    ) -> None:
        """local: this machine's own key, where it counts. proxies: believed about whom they speak for."""
        self._keys = keys
        self._local = local
        self._lockout = lockout
        self._proxies = proxies

    def authorize(self, request: Request, *scopes: Scope) -> ApiKey:
        """The key that the request came with, or that its session stands for.

        Raises Problem 401 without a valid key, 429 after too many that were wrong, 403 when the key has none
        of these scopes.
        """
        key = self._holder(request)
        if not key.may(*scopes):
            call.current().key = key  # who was refused is known, and is recorded
            raise forbidden(f"This key has not the scope {' or '.join(scopes)}; use one that has.")
        return key

    def _holder(self, request: Request) -> ApiKey:
        presented = _presented(request)
        if presented is None:
            key = session.find(request, self._local) if self._local is not None else None
            if key is None:
                raise _unauthorized(NEEDED if self._local is None else f"{NEEDED} {LOCAL}")
            return key
        key = self._local.find(presented) if self._local is not None else None
        return key or self._issued(presented, client_address(request, self._proxies))

    def _issued(self, presented: str, address: str) -> ApiKey:
        self._lockout.require_open(address, presented)
        key = self._keys.find(presented)
        if key is None:
            notes = call.current()
            notes.wrong_key = True
            notes.locked_out = self._lockout.note_wrong(address)
            raise _unauthorized("This key is not valid: it was mistyped, revoked, or has expired.")
        self._lockout.note_right(presented)
        return key


def _presented(request: Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip() or None
    return request.headers.get("X-API-Key") or None


def _unauthorized(detail: str) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "unauthorised", detail, headers=CHALLENGE)
