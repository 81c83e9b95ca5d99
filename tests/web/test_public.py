"""The public address: which paths and hosts are answered because of it, and what names it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from facevec.config import ServerSettings
from facevec.web.headers import trusted_hosts
from facevec.web.openapi import document
from facevec.web.public import PublicPath
from tests.web.conftest import toy_app
from tests.web.pictures import portrait

PUBLIC_URL = "https://hr.example.com/faces"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A service with a public address."""
    app = toy_app(tmp_path_factory.mktemp("home"), **{"server.public_url": PUBLIC_URL + "/"})
    assert app.extensions["facevec"].readiness.wait(60)
    yield app
    app.extensions["facevec"].readiness.stop()


def enrolment() -> dict[str, object]:
    return {"name": "Ann", "files": [base64.b64encode(portrait(0, 1)).decode()]}


@pytest.fixture
def public(shown: Any) -> FlaskClient:
    client: FlaskClient = shown.test_client()
    return client


@pytest.mark.parametrize("below", ["", "/faces"])
@pytest.mark.parametrize("path", ["/", "/workers", "/docs", "/openapi.json", "/static/icon.svg", "/healthz"])
def test_the_path_may_be_passed_on_or_taken_off(public: FlaskClient, below: str, path: str) -> None:
    assert public.get(below + path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/faces/nothing", "/facesworkers", "/Faces/workers", "/faces/faces/workers"]
)
def test_no_other_path_appears(public: FlaskClient, path: str) -> None:
    assert public.get(path).status_code == 404


def test_without_its_slash_it_leads_to_the_first_page(public: FlaskClient) -> None:
    answer = public.get("/faces")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PUBLIC_URL}/")


@pytest.mark.parametrize("path", ["/api", "/static", "/docs", "/workers"])
def test_a_public_path_may_be_called_as_one_of_the_service(client: FlaskClient, path: str) -> None:
    below: list[tuple[str, str]] = []

    def noted(environ: dict[str, Any], _start: object) -> list[bytes]:
        below.append((environ["SCRIPT_NAME"], environ["PATH_INFO"]))
        return []

    mounted = PublicPath(noted, path, client.application.url_map)
    for asked in ("/", "/workers", "/docs", "/docs/start.js", "/static/js/api.js", "/api/v1/workers/7"):
        for passed in (asked, path + asked):
            mounted({"SCRIPT_NAME": "", "PATH_INFO": passed}, lambda *_: lambda _: None)
        assert below[-2:] == [("", asked), (path, asked)]


@pytest.mark.parametrize(
    ("host", "status"),
    [("hr.example.com", 200), ("HR.example.com:8443", 200), ("127.0.0.1", 200), ("evil.example.com", 400)],
)
def test_its_host_is_answered(public: FlaskClient, host: str, status: int) -> None:
    assert public.get("/workers", headers={"Host": host}).status_code == status


def test_others_that_are_allowed_do_not_shut_it_out() -> None:
    server = ServerSettings(public_url="https://[2001:db8::7]:8443/x", allowed_hosts=("intra.example.com",))
    assert {"[2001:db8::7]", "intra.example.com", "localhost"} <= set(trusted_hosts(server))
    assert set(trusted_hosts(ServerSettings(host="0.0.0.0", public_url=PUBLIC_URL))) == set()


def test_everything_needs_a_key_although_a_proxy_says_nothing_of_itself(public: FlaskClient) -> None:
    answer = public.post("/api/v1/recognize", json={"file": ""}, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorised")


def test_what_cannot_be_relative_names_it(shown: Any, public: FlaskClient) -> None:
    keys = shown.extensions["facevec"].app.keys
    headers = {"Authorization": f"Bearer {keys.create('test', ['admin'])[1]}"}
    assert public.get("/openapi.json").json["servers"][0] == {"url": PUBLIC_URL}
    created = public.post("/faces/api/v1/workers", headers=headers, json=enrolment())
    assert created.headers["Location"] == f"{PUBLIC_URL}/api/v1/workers/{created.json['worker']['id']}"


def test_without_one_everything_is_relative(client: FlaskClient, admin: dict[str, str]) -> None:
    assert [urljoin("https://h/x/openapi.json", server["url"]) for server in document()["servers"]] == [
        "https://h/x/"
    ]
    place = client.post("/api/v1/workers", headers=admin, json=enrolment()).headers["Location"]
    assert re.fullmatch(r"workers/\d+", place)
    assert client.get(urljoin("/api/v1/workers", place), headers=admin).status_code == 200


@pytest.mark.parametrize("path", ["/static//icon.svg", "/api//v1/index", "/docs//start.js"])
def test_nobody_is_sent_to_an_address_made_of_the_host_header(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)
