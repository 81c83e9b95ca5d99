"""What an endpoint of the API is, and how each answers; `api` holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Response, request
from flask import json as flask_json
from pydantic import BaseModel

from facevec.errors import RegistryError
from facevec.presentation.answers.base import Answer
from facevec.types import ApiKey, Scope
from facevec.web import admission, body, call
from facevec.web.audited import audited, refusals_audited
from facevec.web.schemas import NoQuery
from facevec.web.service import Service
from facevec.web.validation import validated_text
from facevec.web.visits import record_visits

PREFIX = "/api/v1"
JPEG = "image/jpeg"
ERASURE_RECEIPT = "X-Erasure-Receipt"
"""The header that names the receipt of what a request destroyed."""

View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    scopes: a key has one of them, or admin.
    answers: the body's model of each status that is no error; None is no body.
    heavy: it runs the networks, and is refused when they have too much to do. erases: what it destroys has a
    receipt, which `ERASURE_RECEIPT` names.
    """

    method: str
    path: str
    name: str
    tag: str
    summary: str
    scopes: tuple[Scope, ...]
    view: View
    answers: Mapping[int, type[Answer] | None]
    json: type[BaseModel] | None = None
    form: type[BaseModel] | None = None
    query: type[BaseModel] = NoQuery
    jpeg: bool = False
    heavy: bool = False
    erases: bool = False
    problems: tuple[int, ...] = field(default=())

    def serve(self, service: Service, **path: Any) -> Response:  # noqa: ANN401  # what the path held
        """Answer the request in hand. Raises Problem and FacevecError."""
        asking = admission.of(request)
        worker_id = path.get("worker_id")
        with refusals_audited(service, self.name, worker_id):
            key = (asking and asking.key) or self._admitted(service)
        call.current().key = key
        parameters = validated_text(self.query, request.args)
        if self.heavy:
            service.gate.refuse_if_full()
        if self.json is not None or self.form is not None:
            if asking is not None and asking.key is None:
                asking.key = key
                return admission.go_on()
            parameters = body.read(request, self.json, self.form)
        with audited(service, self.name, worker_id):
            response = self.view(service, parameters, **path)
        record_visits(service)
        with suppress(RegistryError):  # a busy registry keeps nobody from their answer
            service.app.keys.note_use(key)
        return response

    def _admitted(self, service: Service) -> ApiKey:
        """The key of a request that may be answered. Raises Problem."""
        service.readiness.require()
        key = service.access.authorize(request, *self.scopes)
        service.limiter.take(key.id)
        return key


class Table:
    """Endpoints under one tag, in the order they are written."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.endpoints: list[Endpoint] = []

    def add(
        self,
        method: str,
        path: str,
        *,
        scope: Scope,
        or_scope: Scope | None = None,
        answers: Mapping[int, type[Answer] | None],
        json: type[BaseModel] | None = None,
        form: type[BaseModel] | None = None,
        query: type[BaseModel] = NoQuery,
        jpeg: bool = False,
        heavy: bool = False,
        erases: bool = False,
        problems: tuple[int, ...] = (),
    ) -> Callable[[View], View]:
        """Register the decorated view; its name and docstring are the operation's."""

        def register(view: View) -> View:
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    name=view.__name__,
                    tag=self._tag,
                    summary=(view.__doc__ or "").strip().splitlines()[0],
                    scopes=(scope,) if or_scope is None else (scope, or_scope),
                    view=view,
                    answers=answers,
                    json=json,
                    form=form,
                    query=query,
                    jpeg=jpeg,
                    heavy=heavy,
                    erases=erases,
                    problems=problems,
                )
            )
            return view

        return register


def answer(content: Answer, status: int = HTTPStatus.OK) -> Response:
    """A JSON answer."""
    return Response(flask_json.dumps(content.document()), status=int(status), content_type="application/json")
