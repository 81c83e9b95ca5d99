"""The OpenAPI 3.1 document, made from the endpoints and the models that validate.

`python -m facevec.web.openapi` writes it to stdout; docs/openapi.json is a copy.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from facevec import __version__
from facevec.presentation.answers.problems import ProblemAnswer
from facevec.presentation.answers.system import Health, Readiness
from facevec.web.api import ENDPOINTS
from facevec.web.fields import PICTURE_KINDS
from facevec.web.problems import MEDIA_TYPE
from facevec.web.routes import ERASURE_RECEIPT, JPEG, PREFIX, Endpoint

REFERENCE = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 429, 503)
WITH_BODY = (408, 413, 415)
DESCRIPTION = (
    "Who is in a picture, and what their face expresses. Errors are RFC 9457 problem documents "
    "with a stable `code`. Embeddings never leave the service."
)
RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
TAG = {"ETag": {"description": "Changes with what is described.", "schema": {"type": "string"}}}
LOCATION = {
    "Location": {
        "description": "Address of the worker; relative to the request's, unless server.public_url is set.",
        "schema": {"type": "string"},
    }
}
RECEIPT = {
    ERASURE_RECEIPT: {
        "description": "The receipt of what was destroyed, at `/api/v1/erasures/`; absent where nothing was.",
        "schema": {"type": "string"},
    }
}
HERE = "./"
"""Where the document itself is: a proxy may show the service below any path."""
_PATH_PARAMETER = re.compile(r"<int:(\w+)>")

Json = dict[str, Any]


@cache
def document(public_url: str | None = None) -> Json:
    """The whole document. It is the same for every service of this version, but for its public address."""
    servers = [public_url] if public_url else []
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        path = _PATH_PARAMETER.sub(r"{\1}", PREFIX + endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint)
    paths.update(_watched())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "facevec",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": url} for url in (*servers, HERE)],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def text() -> str:
    """The document as it is kept in docs/openapi.json."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def _operation(endpoint: Endpoint) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": f"Needs the scope {' or '.join(f'`{scope}`' for scope in endpoint.scopes)}.",
        "security": [{"bearer": []}, {"header": []}],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_conditions(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.json is not None or endpoint.form is not None:
        operation["requestBody"] = _body(endpoint)
    return operation


def _path_parameters(endpoint: Endpoint) -> list[Json]:
    integer = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    names = _PATH_PARAMETER.findall(endpoint.path)
    return [{"name": name, "in": "path", "required": True, "schema": integer} for name in names]


def _query_parameters(endpoint: Endpoint) -> list[Json]:
    schema = endpoint.query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": prop.pop("description", ""),
            "schema": _without_null(prop),
        }
        for name, prop in schema.get("properties", {}).items()
    ]


def _without_null(schema: Json) -> Json:
    """A parameter that is not given is left out; there is no null in a query."""
    schema.pop("title", None)
    options = [option for option in schema.pop("anyOf", []) if option != {"type": "null"}]
    if options:
        schema.pop("default", None)
        schema.update(options[0])
    return schema


def _conditions(endpoint: Endpoint) -> list[Json]:
    conditions = {
        "If-None-Match": HTTPStatus.NOT_MODIFIED in endpoint.answers,
        "If-Match": HTTPStatus.PRECONDITION_FAILED in endpoint.problems,
    }
    return [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string"}}
        for name, takes in conditions.items()
        if takes
    ]


def _body(endpoint: Endpoint) -> Json:
    content: Json = {}
    if endpoint.form is not None:
        properties = endpoint.form.model_fields
        encoding = {
            name: {"contentType": PICTURE_KINDS} for name in properties if name in ("file", "files", "other")
        }
        content["multipart/form-data"] = {"schema": _reference(endpoint.form), "encoding": encoding}
    if endpoint.json is not None:
        content["application/json"] = {"schema": _reference(endpoint.json)}
    return {"required": True, "content": content}


def _responses(endpoint: Endpoint) -> Json:
    responses: Json = {}
    for status, model in endpoint.answers.items():
        content: Json = {"application/json": {"schema": _reference(model)}} if model else {}
        if endpoint.jpeg:
            content[JPEG] = {}
        responses[str(status)] = {
            "description": HTTPStatus(status).phrase,
            **({"content": content} if content else {}),
            **({"headers": headers} if (headers := _headers(endpoint, status)) else {}),
        }
    has_body = endpoint.json is not None or endpoint.form is not None
    for status in sorted({*ALWAYS, *(WITH_BODY if has_body else ()), *endpoint.problems}):
        responses[str(status)] = _problem(status)
    return responses


def _headers(endpoint: Endpoint, status: int) -> Json:
    if endpoint.erases:
        return RECEIPT
    if status == HTTPStatus.CREATED:
        return LOCATION
    return TAG if HTTPStatus.NOT_MODIFIED in endpoint.answers else {}


def _problem(status: int) -> Json:
    problem: Json = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": _reference(ProblemAnswer)}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        problem["headers"] = RETRY
    return problem


def _watched() -> dict[str, Json]:
    """Health, without a key."""

    def get(name: str, summary: str, model: type[BaseModel], problems: Sequence[int]) -> Json:
        answered = {"description": "OK", "content": {"application/json": {"schema": _reference(model)}}}
        responses = {"200": answered, **{str(status): _problem(status) for status in problems}}
        return {
            "get": {
                "operationId": name,
                "tags": ["Health"],
                "summary": summary,
                "security": [],
                "responses": responses,
            }
        }

    return {
        "/healthz": get("healthz", "Whether the process answers.", Health, ()),
        "/readyz": get("readyz", "Whether a recognition would succeed now.", Readiness, (503,)),
    }


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _schemas() -> Json:
    models: dict[type[BaseModel], None] = dict.fromkeys((ProblemAnswer, Health, Readiness))
    for endpoint in ENDPOINTS:
        models.update(dict.fromkeys(model for model in endpoint.answers.values() if model))
        models.update(dict.fromkeys(model for model in (endpoint.form, endpoint.json) if model))
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
    return dict(sorted(schemas["$defs"].items()))


if __name__ == "__main__":
    sys.stdout.write(text())
