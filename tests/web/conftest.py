"""One service over the toy vision for the whole session; each test begins with an empty registry."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from facevec import config
from facevec.ports import utc_now
from facevec.registry.engine import writing
from facevec.registry.tables import ApiKeyRow, ConsentTextRow
from facevec.types import Scope
from facevec.web import create_app
from facevec.web.service import Service
from tests.clock import Clock
from tests.toy import toy_networks
from tests.web.browsing import ANA, Page, film
from tests.web.chromium import chromium
from tests.web.pictures import FLAGS
from tests.web.server import NO_MODELS, Running, run, running

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LENIENT = {"server.rate": "0", "consent.backdating": "36500"}

Post = Callable[..., TestResponse]


def load(home: Path, **flags: str) -> config.Loaded:
    """Settings for a service of toy people."""
    return config.load(home, {"FACEVEC_MODELS": str(NO_MODELS)}, flags={**FLAGS, **LENIENT, **flags})


def toy_app(home: Path, clock: Callable[[], datetime] = utc_now, **flags: str) -> Flask:
    """The service over the toy vision."""
    return create_app(load(home, **flags), networks=toy_networks, clock=clock)


@pytest.fixture(scope="session")
def _clock() -> Clock:
    return Clock()


@pytest.fixture
def clock(_clock: Clock) -> Iterator[Clock]:
    """The service's; set right again afterwards."""
    yield _clock
    _clock.ahead = timedelta()


@pytest.fixture(scope="session")
def _app(tmp_path_factory: pytest.TempPathFactory, _clock: Clock) -> Iterator[Flask]:
    app = toy_app(tmp_path_factory.mktemp("home"), _clock)
    assert app.extensions["facevec"].readiness.wait(60)
    yield app
    app.extensions["facevec"].readiness.stop()


@pytest.fixture
def service(_app: Flask) -> Service:
    """The service, with nobody enrolled, no key and no consent text."""
    service: Service = _app.extensions["facevec"]
    for worker in service.app.registry.list_workers():
        service.app.registry.remove_worker(worker.id)
    with writing(service.app.engine) as connection:
        connection.execute(delete(ApiKeyRow))
        connection.execute(delete(ConsentTextRow))
    return service


@pytest.fixture
def client(_app: Flask, service: Service) -> FlaskClient:
    """A client without a key."""
    client: FlaskClient = _app.test_client()
    return client


@pytest.fixture
def key(service: Service) -> Callable[..., dict[str, str]]:
    """Makes a key with scopes, and gives the header that carries it."""

    def make(*scopes: Scope) -> dict[str, str]:
        return {"Authorization": f"Bearer {service.app.keys.create('test', scopes)[1]}"}

    return make


@pytest.fixture
def admin(key: Callable[..., dict[str, str]]) -> dict[str, str]:
    """The header of a key that may do everything."""
    return key("admin")


@pytest.fixture
def post(client: FlaskClient, admin: dict[str, str]) -> Post:
    """Posts a form: bytes become files, a list of bytes repeats the field."""

    def send(path: str, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        data = {name: form_value(value) for name, value in fields.items()}
        return client.post(f"/api/v1{path}", headers={**admin, **(headers or {})}, data=data)

    return send


def form_value(value: Any) -> Any:
    """A value as Werkzeug's client sends it."""
    if isinstance(value, bytes):
        return (io.BytesIO(value), "picture.png")
    if isinstance(value, list):
        return [(io.BytesIO(data), f"shot{number}.png") for number, data in enumerate(value)]
    return value


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str, Path]]:
    home = tmp_path_factory.mktemp("home")
    key = run(home, "key", "create", "browser", "--scope", "admin", flags=FLAGS)
    with running(home, FLAGS) as started:
        yield started, key, home


@pytest.fixture(scope="session")
def _chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    folder = tmp_path_factory.mktemp("browser")
    with chromium(folder, film(folder / "camera.y4m", ANA)) as started:
        yield started


@pytest.fixture(scope="module")
def chrome(_chrome: Chrome) -> Chrome:
    """A browser on a screen of the usual size, whose camera sees Ana; of a service it knows nothing yet."""
    _chrome.get("about:blank")
    _chrome.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    for log in ("browser", "performance"):
        _chrome.get_log(log)
    return _chrome


@pytest.fixture(scope="module")
def page(chrome: Chrome, server: tuple[Running, str, Path], tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(chrome, *server[:2], tmp_path_factory.mktemp("photos"))
