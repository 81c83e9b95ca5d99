"""Issue 11, 6: from this machine, or through a proxy on it, without a key; and by what opens the page."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from facevec.errors import OutputUnwritable
from facevec.registry.local_key import FILE, LINK_MINUTES, LINKS, SESSION, LocalKeyFile
from tests.attack.conftest import ATTACKER, Attacker, House, encoded
from tests.clock import Clock
from tests.toy import Someone
from tests.web.conftest import toy_app

UNANNOUNCED: list[Mapping[str, str]] = [
    {},
    {"Host": "localhost", "Connection": "close"},  # nginx's own
    {"X-Forwarded-Host": "faces.example.com"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"CF-Connecting-IP": "203.0.113.7"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Cookie": "facevec-80=9999999999." + "0" * 64},
    {"Authorization": "Bearer fv_local_" + "0" * 43},
    {"Authorization": "Bearer fv_local_"},
    {"Authorization": "Bearer "},
    {"X-API-Key": ""},
]


@pytest.fixture
def local(house: House) -> LocalKeyFile:
    key = LocalKeyFile(house.service.app.loaded.home)
    key.make()
    return key


@pytest.fixture
def browser(house: House, local: LocalKeyFile) -> FlaskClient:
    """One that followed a link."""
    client = house.service_client()
    answer = client.get(f"/?token={local.link_token()}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "./")
    return client


def own_page(client: FlaskClient, **headers: str) -> TestResponse:
    (file,) = encoded(Someone(ATTACKER))
    return client.post("/api/v1/recognize", json={"file": file}, headers=headers)


@pytest.mark.parametrize("headers", UNANNOUNCED, ids=str)
def test_coming_from_this_machine_opens_nothing(
    house: House, local: LocalKeyFile, headers: Mapping[str, str]
) -> None:
    passer_by = Attacker(house.client, dict(headers))
    assert passer_by.recognize(Someone(ATTACKER)).status_code == 401
    for path in ("/index", "/models", "/workers"):
        assert passer_by.send("GET", path).status_code == 401
    for path in ("/healthz", "/readyz", "/", "/docs", "/openapi.json"):
        assert house.client.get(path, headers=headers).status_code == 200


def test_the_file_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        LocalKeyFile(tmp_path / "home").make()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "home" / FILE).stat().st_mode) == 0o600


def test_a_key_that_others_could_read_is_one_no_more(house: House, local: LocalKeyFile) -> None:
    header = local.path.read_text().strip()
    holder = Attacker(house.client, {"Authorization": header.partition(": ")[2]})
    assert holder.recognize(Someone(ATTACKER)).status_code == 200
    local.path.chmod(0o644)
    assert holder.recognize(Someone(ATTACKER)).status_code == 401
    local.make()
    assert stat.S_IMODE(local.path.stat().st_mode) == 0o600
    assert local.path.read_text().strip() != header
    assert holder.recognize(Someone(ATTACKER)).status_code == 401


def test_it_enrols_and_changes_nobody(house: House, local: LocalKeyFile, ceo: int) -> None:
    holder = Attacker(house.client, {"X-API-Key": local.path.read_text().split()[-1]})
    assert holder.enrol("Eva", Someone(9)).status_code == 201
    assert holder.send("PATCH", f"/workers/{ceo}", name="Eva II").status_code == 403
    assert holder.send("DELETE", f"/workers/{ceo}").status_code == 403


def test_with_its_file_it_ends_and_so_do_its_sessions(
    house: House, local: LocalKeyFile, browser: FlaskClient
) -> None:
    holder = Attacker(house.client, {"X-API-Key": local.path.read_text().split()[-1]})
    assert own_page(browser, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200
    local.path.unlink()
    for _ in range(2):
        assert holder.recognize(Someone(ATTACKER)).status_code == 401
        assert own_page(browser, **{"Sec-Fetch-Site": "same-origin"}).status_code == 401
        local.make()


def test_a_link_opens_once(house: House, local: LocalKeyFile) -> None:
    link = f"/?token={local.link_token()}"
    first, second = house.service_client(), house.service_client()
    for look in (
        first.head(link),
        first.get(link, headers={"Sec-Purpose": "prefetch;prerender"}),
        first.post(link),
    ):
        assert "Set-Cookie" not in look.headers
    (cookie,) = SimpleCookie(first.get(link).headers["Set-Cookie"]).values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    again = second.get(link)
    assert (again.status_code, "Set-Cookie" in again.headers) == (401, False)
    assert "facevec key link" in again.text


@pytest.mark.parametrize("token", ["", "x", "../local.header", "..%2Flocal.header", "%00", "é" * 1000])
def test_what_is_no_token_opens_nothing(house: House, local: LocalKeyFile, token: str) -> None:
    answer = house.service_client().get(f"/?token={token}")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert local.path.is_file()


def test_a_link_is_soon_too_old(house: House, local: LocalKeyFile) -> None:
    token = local.link_token()
    (link,) = (house.service.app.loaded.home / LINKS).iterdir()
    assert token not in link.name
    old = time.time() - 60 * LINK_MINUTES - 1
    os.utime(link, (old, old))
    assert house.service_client().get(f"/?token={token}").status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 401),
        ({"Sec-Fetch-Site": "none"}, 401),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:9999"}, 401),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "null"}, 401),
        ({"Origin": "null"}, 401),
        ({"Origin": "https://localhost"}, 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost:9999"}, 401),
    ],
    ids=str,
)
def test_a_session_counts_for_its_own_page_only(
    browser: FlaskClient, headers: Mapping[str, str], status: int
) -> None:
    assert own_page(browser, **headers).status_code == status


def test_a_session_ends(local: LocalKeyFile, browser: FlaskClient, clock: Clock) -> None:
    reading = {"Sec-Fetch-Site": "same-origin"}
    assert browser.get("/api/v1/workers", headers=reading).status_code == 200
    clock.ahead = SESSION
    assert browser.get("/api/v1/workers", headers=reading).status_code == 401


@pytest.mark.parametrize(
    "flags",
    [
        {"server.require_key": "always"},
        {"server.public_url": "https://hr.example.com"},
        {"server.host": "0.0.0.0"},
    ],
)
def test_where_others_come_it_opens_nothing(tmp_path: Path, flags: dict[str, str]) -> None:
    app = toy_app(tmp_path, **flags)
    service = app.extensions["facevec"]
    assert service.readiness.wait(60)
    key = LocalKeyFile(tmp_path)
    token = key.link_token()
    client = app.test_client()
    assert "Set-Cookie" not in client.get(f"/?token={token}").headers
    answer = client.get("/api/v1/models", headers={"X-API-Key": key.path.read_text().split()[-1]})
    assert answer.status_code == 401
    service.readiness.stop()


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(OutputUnwritable, match="facevec key create"):
        LocalKeyFile(tmp_path / "home").make()
