"""The public address: below which path a proxy shows the service, whether or not it passes that path on."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Response, request
from werkzeug.routing import Map

from facevec.config import ServerSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class PublicPath:
    """WSGI middleware that takes the public path off requests that still have it.

    It is known from the settings alone: what a request's headers say of it is not believed. A path of the
    service may begin like the public path (`/api`, say), so it is taken off where a path of the service
    remains.
    """

    def __init__(self, app: WSGIApplication, path: str, routes: Map) -> None:
        self._app = app
        self._path = path
        self._routes = routes.bind("")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = environ.get("PATH_INFO", "")
        rest = asked.removeprefix(self._path)
        if asked.startswith(f"{self._path}/") and self._routes.allowed_methods(rest):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._path
            environ["PATH_INFO"] = rest
        return self._app(environ, start_response)


def slash_added(server: ServerSettings) -> Response | None:
    """To the first page, for who asks for the public path without the slash that relative links need."""
    if not server.public_path or request.path != server.public_path or request.url_rule is not None:
        return None
    location = {"Location": f"{server.public_url}/"}
    return Response(status=HTTPStatus.PERMANENT_REDIRECT, headers=location)
