"""The client against docs/openapi.json: its methods, their parameters, and what they answer."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_type_hints

import pytest

from docs import client as written
from facevec.client import AsyncClient, Client, answers
from facevec.web.openapi import document

BODIES = ("multipart/form-data", "application/json")
HEADERS = {"If-Match": "if_match"}
WITHOUT = {"if_none_match"}
"""What the client does not offer: it keeps no answers that a service could call unchanged."""


def operations() -> list[dict[str, Any]]:
    return [operation for path in document()["paths"].values() for operation in path.values()]


def schema(reference: dict[str, str]) -> dict[str, Any]:
    name = reference["$ref"].rpartition("/")[2]
    return document()["components"]["schemas"][name]


def body(operation: dict[str, Any]) -> dict[str, Any]:
    """The schema of what is sent: the form's where there is one."""
    content = operation.get("requestBody", {}).get("content", {})
    kinds = [kind for kind in BODIES if kind in content]
    return schema(content[kinds[0]]["schema"]) if kinds else {}


def described(operation: dict[str, Any]) -> set[str]:
    named = {HEADERS.get(one["name"], one["name"]) for one in operation.get("parameters", [])}
    return {name.lower().replace("-", "_") for name in named} | set(body(operation).get("properties", {}))


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one["operationId"])
def test_every_operation_has_a_method_with_its_parameters(operation) -> None:
    method = inspect.signature(getattr(Client, operation["operationId"]))
    assert method.parameters.keys() - {"self"} == described(operation) - WITHOUT


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one["operationId"])
def test_what_may_be_left_out_is_by_default_what_the_service_takes_it_for(operation) -> None:
    sent = body(operation)
    method = inspect.signature(getattr(Client, operation["operationId"]))
    required = {name for name, one in method.parameters.items() if one.default is one.empty} - {"self"}
    in_path = {one["name"] for one in operation.get("parameters", []) if one["required"]}
    assert required == {*sent.get("required", []), *in_path}
    for name, one in sent.get("properties", {}).items():
        if name not in required:
            default = method.parameters[name].default
            assert (list(default) if isinstance(default, tuple) else default) == one.get("default")


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one["operationId"])
def test_a_method_answers_what_is_described(operation) -> None:
    hint = get_type_hints(getattr(Client, operation["operationId"]))["return"]
    responses = [operation["responses"][str(code)] for code in (200, 201, 204)
                 if str(code) in operation["responses"]]  # fmt: skip
    for response in responses:
        content = response.get("content")
        if content is None:
            assert hint == (int | None if "X-Erasure-Receipt" in response.get("headers", {}) else type(None))
        elif "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert hint is getattr(answers, name)
        else:
            assert hint is bytes


def test_no_method_calls_what_is_not_described() -> None:
    methods = {name for name, value in vars(Client).items() if inspect.isfunction(value)}
    ours = {name for name in methods if not re.match("_", name)} - {"close", "visits", "workers"}
    assert ours == {operation["operationId"] for operation in operations()}


def test_the_answers_are_those_of_the_description() -> None:
    kept = written.ANSWERS.read_text(encoding="utf-8")
    assert kept == written.answers(document()), "run: python -m docs.client"


def test_the_asynchronous_client_is_the_synchronous_one_with_await() -> None:
    source = written.SOURCE.read_text(encoding="utf-8")
    kept = written.AIO.read_text(encoding="utf-8")
    assert kept == written.asynchronous(source), "run: python -m docs.client"
    for operation in operations():
        assert inspect.iscoroutinefunction(getattr(AsyncClient, operation["operationId"]))
