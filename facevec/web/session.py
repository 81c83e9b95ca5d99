"""The page in a browser of this machine: a link opens it once, a cookie keeps it open."""

from __future__ import annotations

from http import HTTPStatus

from flask import Request, Response

from facevec.ports import LocalKey
from facevec.types import ApiKey
from facevec.web.problems import try_later

TOKEN = "token"  # noqa: S105  # what the parameter is called
OWN = "same-origin"
SAFE = frozenset({"GET", "HEAD"})


def opened(request: Request, key: LocalKey) -> Response | None:
    """The way to the page, with the cookie, for a link that is still good; None for any other.

    Raises Problem 503 for a browser that only looks ahead, which must not use the link up.
    """
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        raise try_later("looking_ahead", "This link opens the page once; follow it to do so.")
    session = key.open_session(request.args[TOKEN])
    if session is None:
        return None
    response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "./"})
    response.set_cookie(
        _cookie(request),
        session,
        path=f"{request.script_root}/",
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def find(request: Request, key: LocalKey) -> ApiKey | None:
    """The key that the request's session stands for; None without one, or where a foreign page makes it."""
    presented = request.cookies.get(_cookie(request))
    return key.find_session(presented) if presented and _comes_from_own_page(request) else None


def _cookie(request: Request) -> str:
    """Its name; cookies know no ports, and there may be several services on a machine."""
    return f"facevec-{request.environ.get('SERVER_PORT', '')}"


def _comes_from_own_page(request: Request) -> bool:
    """A page on another port is foreign too, although SameSite does not hold it back.

    Without a word of the browser, only what changes nothing is believed.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    if (site is not None and site != OWN) or (origin is not None and origin != own):
        return False
    return site == OWN or origin == own or request.method in SAFE
