from __future__ import annotations

import io
import re
from datetime import datetime, timedelta, timezone

import pytest

from facevec.web.api import ENDPOINTS
from facevec.web.openapi import document
from facevec.web.routes import PREFIX
from tests.web.conftest import toy_app
from tests.web.pictures import nobody, portrait

RECOGNIZE = "/api/v1/recognize"
SITE = "https://hr.example.com"
SENT = {"Authorization", "X-API-Key", "Content-Type", "X-Purpose", "X-Request-Id"}
"""What any request may say in a header."""


def operation(endpoint):
    """What the OpenAPI document says of it."""
    path = PREFIX + re.sub(r"<int:(\w+)>", r"{\1}", endpoint.path)
    return document()["paths"][path][endpoint.method.lower()]


def recognize(client, headers=None, **more):
    return client.post(RECOGNIZE, headers=headers, data={"file": (io.BytesIO(nobody()), "a.png")}, **more)


def test_without_a_key_nothing_is_answered(client) -> None:
    for answer in (recognize(client), client.get("/api/v1/models"), client.get("/metrics")):
        assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "facevec key create" in answer.json["detail"]
        assert "facevec key local" in answer.json["detail"]


def test_scopes_open_what_they_name_and_nothing_else(client, key) -> None:
    allowed = {
        "recognize": {"recognize": 200, "list": 403, "delete": 403},
        "enrol": {"recognize": 403, "list": 200, "delete": 403},
        "admin": {"recognize": 200, "list": 200, "delete": 404},
    }
    for scope, expected in allowed.items():
        headers = key(scope)
        assert recognize(client, headers).status_code == expected["recognize"], scope
        assert client.get("/api/v1/workers", headers=headers).status_code == expected["list"], scope
        assert client.delete("/api/v1/workers/7", headers=headers).status_code == expected["delete"], scope


def test_both_headers_carry_a_key(client, service) -> None:
    _, secret = service.app.keys.create("test", ["recognize"])
    assert recognize(client, {"X-API-Key": secret}).status_code == 200
    assert recognize(client, {"Authorization": f"bearer {secret}"}).status_code == 200


@pytest.mark.parametrize("wrong", ["", "x", "fv_", "fv_00000000_x", "é", "a" * 10_000])
def test_what_is_no_key_opens_nothing(client, key, wrong: str) -> None:
    key("admin")
    assert recognize(client, {"X-API-Key": wrong.encode().decode("latin-1")}).status_code == 401


def test_a_key_that_is_revoked_or_expired_opens_nothing_at_once(client, service, clock) -> None:
    entry, secret = service.app.keys.create("test", ["recognize"])
    assert recognize(client, {"X-API-Key": secret}).status_code == 200
    service.app.keys.revoke(entry.id)
    assert recognize(client, {"X-API-Key": secret}).status_code == 401
    soon = datetime.now(timezone.utc) + timedelta(minutes=1)
    _, secret = service.app.keys.create("test", ["recognize"], soon)
    assert recognize(client, {"X-API-Key": secret}).status_code == 200
    clock.ahead = timedelta(minutes=1)
    assert recognize(client, {"X-API-Key": secret}).status_code == 401


def test_use_is_noted_to_the_hour(client, service) -> None:
    entry, secret = service.app.keys.create("test", ["recognize"])
    recognize(client, {"X-API-Key": secret})
    used = next(key.last_used_at for key in service.app.keys.list() if key.id == entry.id)
    assert used is not None
    assert (used.minute, used.second) == (0, 0)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost:80:80"])
def test_foreign_host_names_are_not_answered(client, host: str) -> None:
    answer = client.get("/api/v1/models", headers={"Host": host})
    assert (answer.status_code, answer.json["code"]) == (400, "host_not_allowed")


def test_host_names_of_this_machine_are_answered(client, admin) -> None:
    for host in ("localhost", "localhost:8000", "127.0.0.1:1234", "[::1]:80"):
        assert client.get("/api/v1/models", headers={**admin, "Host": host}).status_code == 200, host


def test_no_page_of_another_site_may_read_an_answer(client) -> None:
    answer = client.get("/healthz", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_answers_carry_strict_headers(client) -> None:
    for path in ("/healthz", "/api/v1/models", "/nothing"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["Cache-Control"] == "no-store"


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A client of a service that pages of `SITE` may call."""
    app = toy_app(tmp_path_factory.mktemp("home"), **{"server.cors_origins": SITE})
    app.extensions["facevec"].readiness.stop()
    return app.test_client()


def asking(foreign, endpoint, origin: str):
    """The answer to a browser that asks whether a page of `origin` may call `endpoint`."""
    asked = {"Origin": origin, "Access-Control-Request-Method": endpoint.method}
    return foreign.options(PREFIX + re.sub(r"<int:\w+>", "7", endpoint.path), headers=asked)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_site_that_is_set_may_call_with_every_method_and_header(foreign, endpoint) -> None:
    answer = asking(foreign, endpoint, SITE)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert endpoint.method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    conditions = {one["name"] for one in operation(endpoint)["parameters"] if one["in"] == "header"}
    assert conditions.union(SENT).issubset(allowed)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_no_other_site_may_call(foreign, endpoint) -> None:
    answer = asking(foreign, endpoint, "https://evil.example")
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    assert "Origin" in answer.headers["Vary"]


def test_a_site_that_is_set_may_read_what_is_promised_in_headers(foreign) -> None:
    exposed = foreign.get("/healthz", headers={"Origin": SITE}).headers["Access-Control-Expose-Headers"]
    promised = {
        name
        for endpoint in ENDPOINTS
        for answer in operation(endpoint)["responses"].values()
        for name in answer.get("headers", {})
    }
    assert {"Retry-After", "ETag"} <= promised
    assert promised.union({"X-Request-Id"}).issubset(exposed.split(", "))


def test_the_secret_is_in_no_table(service) -> None:
    from sqlalchemy import text

    _, secret = service.app.keys.create("test", ["recognize"])
    with service.app.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM api_keys")).all()
    random = secret.split("_", 2)[2]
    assert len(random) == 43
    assert random not in str(rows)


def test_enrolling_needs_no_more_than_its_scope(client, key) -> None:
    data = {"name": "Ann", "files": [(io.BytesIO(portrait(0)), "a.png")]}
    assert client.post("/api/v1/workers", headers=key("enrol"), data=data).status_code == 201
