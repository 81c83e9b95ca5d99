"""The one place that puts the service together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import flask
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from facevec import config
from facevec.bootstrap import App
from facevec.config import Loaded
from facevec.errors import FacevecError
from facevec.memory import exhaustion_in
from facevec.networks import NetworksOf
from facevec.ports import Clock
from facevec.web import admission, api, body, call, docs, headers, health, pages, problems, requestlog
from facevec.web.metrics import Metrics
from facevec.web.problems import Problem
from facevec.web.public import PublicPath, slash_added
from facevec.web.routes import PREFIX
from facevec.web.service import Service

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

EXTENSION = "facevec"


def assemble(loaded: Loaded | None, networks: NetworksOf, shared_folder: Path | None, clock: Clock) -> Flask:
    """A Flask application; its `Service` is `app.extensions["facevec"]`. Raises SettingsError."""
    facevec = App(loaded or config.load(), networks=networks, clock=clock, stage=call.stage)
    service = Service(facevec, shared_folder)
    metrics = Metrics(service, shared_folder)
    app = Flask("facevec.web", static_folder="static", static_url_path="/static")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider; order is for readers
    app.extensions[EXTENSION] = service
    _add_hooks(app, service, metrics)
    _add_errors(app)
    app.register_blueprint(health.blueprint(service, metrics))
    app.register_blueprint(docs.blueprint(service.server.public_url))
    app.register_blueprint(pages.blueprint(service))
    for endpoint in api.ENDPOINTS:
        app.add_url_rule(
            PREFIX + endpoint.path,
            endpoint.name,
            partial(endpoint.serve, service),
            methods=[endpoint.method],
            provide_automatic_options=False,
        )
    app.url_map.merge_slashes = False  # Flask would redirect, to an address made of the Host header
    wsgi: WSGIApplication = app.wsgi_app
    if service.server.public_path:
        wsgi = PublicPath(wsgi, service.server.public_path, app.url_map)
    guard = body.BodyGuard(wsgi, service.server.max_body_bytes, service.server.body_seconds)
    app.wsgi_app = guard  # type: ignore[method-assign]  # Flask's documented way to add middleware
    service.readiness.start()
    return app


def _add_hooks(app: Flask, service: Service, metrics: Metrics) -> None:
    trusted = headers.trusted_hosts(service.server)
    origins = service.server.cors_origins
    methods = sorted({endpoint.method for endpoint in api.ENDPOINTS})

    @app.before_request
    def begin() -> Response | None:
        headers_sent = flask.request.headers
        call.begin(headers_sent.get("X-Request-Id"), headers_sent.get("X-Purpose"))
        headers.require_trusted_host(trusted)
        if (flask.request.content_length or 0) > service.server.max_body_bytes:
            raise body.over_limit(service.server.max_body_bytes)
        return headers.preflight(origins, methods) or slash_added(service.server)

    @app.after_request
    def finish(response: Response) -> Response:
        if admission.is_go_on(response):
            return response
        body.discard_rest(flask.request, response)
        metrics.observe(requestlog.method(), requestlog.route(), response.status_code, call.current())
        return requestlog.finish(headers.secure(response, origins))


def _add_errors(app: Flask) -> None:
    def shown(problem: Problem) -> Response:
        notes = call.current()
        notes.code = problem.code
        return problems.response(problem, notes.request_id)

    def of_facevec(error: FacevecError) -> Response:
        error = exhaustion_in(error) or error
        problem = problems.of_error(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            requestlog.server_side(error.code, str(error))
        return shown(problem)

    def of_werkzeug(error: HTTPException) -> Response:
        return shown(_problem_of(error))

    def of_anything(error: Exception) -> Response:
        if exhaustion := exhaustion_in(error):
            return of_facevec(exhaustion)
        requestlog.unexpected(error)
        return shown(problems.of_error(FacevecError()))

    handlers: dict[type[Exception], Callable[..., Response]] = {
        Problem: shown,
        FacevecError: of_facevec,
        HTTPException: of_werkzeug,
        Exception: of_anything,
    }
    for kind, handler in handlers.items():
        app.register_error_handler(kind, handler)


def _problem_of(error: HTTPException) -> Problem:
    """What Flask and Werkzeug refuse by themselves: no such path or method, a form that is too large…"""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.NOT_FOUND:
        return headers.not_found()
    code = error.name.lower().replace(" ", "_")
    kept = {name: value for name, value in error.get_headers() if name == "Allow"}
    detail = error.description or error.name
    return Problem(status, code, detail.replace("\n", " "), headers=kept)
