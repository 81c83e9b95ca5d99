"""The service behind a real nginx: at a host's root and below a path, which is taken off or passed on."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest

from tests.ports import free_ports
from tests.web.browsing import ANA, Page
from tests.web.nginx import nginx, program
from tests.web.pictures import FLAGS, group, nobody, portrait
from tests.web.raw import exchange, head, status
from tests.web.server import ROOT, Running, run, running

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

STRANGER = 3
(DOCUMENTED,) = re.findall(
    r"```nginx\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL
)
"""The location that operators are told to write: below a path, which it takes off."""

PAGES = ("", "workers", "status", "docs")
REFERENCE = re.compile(r'\b(?:href|src)="([^"#]+)"')
IMPORT = re.compile(r'\bfrom "([^"]+)"')
BORROWED = {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example.com", "X-Script-Name": "/evil"}
WAYS = ("root", "taken off", "taken off, told", "passed on, told")
OTHERS = dict(zip(WAYS, (1, 2, 4, 5), strict=True))
"""A drawn person to enrol in each way."""
TROUBLE = "trouble"
DEAD = "http://127.0.0.1:9"
"""Where nothing answers."""


@dataclass(frozen=True)
class Site:
    """One registry with an administrator's key, as nginx shows it in several ways.

    addresses: without a slash at the end. services: what stands behind each.
    """

    key: str
    addresses: Mapping[str, str]
    services: Mapping[str, Running]

    def send(
        self, address: str, body: object = None, *, key: bool = True, headers: Mapping[str, str] = {}
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of a GET, or of a POST of JSON."""
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        if key:
            sent["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(address, data, sent)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()


def location(service: Running, *, below: str = "/faces/", passes_on: bool = False) -> str:
    """The documented one, for this service."""
    shown = DOCUMENTED.replace("/faces/", below)
    return shown.replace("http://127.0.0.1:8000/", service.url + ("" if passes_on else "/"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program()
    home = tmp_path_factory.mktemp("home")
    key = run(home, "key", "create", "proxy", "--scope", "admin", flags=FLAGS)
    ports = dict(zip((*WAYS, TROUBLE), free_ports(len(WAYS) + 1), strict=True))
    addresses = {way: f"http://127.0.0.1:{port}{'/faces' * (way != 'root')}" for way, port in ports.items()}
    with ExitStack() as stack:
        plain = stack.enter_context(running(home, FLAGS))
        services = dict.fromkeys(ports, plain)
        for way in ("taken off, told", "passed on, told"):
            flags = {**FLAGS, "server.public_url": addresses[way]}
            services[way] = stack.enter_context(running(home, flags))
        locations = {way: location(services[way], passes_on=way.startswith("passed")) for way in ports}
        locations["root"] = location(plain, below="/")
        locations[TROUBLE] = (
            location(plain).replace("40m", "20k") + f"location /faces/api/v1/workers {{ proxy_pass {DEAD}; }}"
        )
        servers = {port: locations[way] for way, port in ports.items()}
        stack.enter_context(nginx(tmp_path_factory.mktemp("nginx"), servers))
        site = Site(key, addresses, services)
        enrolled, _, _ = site.send(f"{addresses['root']}/api/v1/workers", worker("Ana", ANA))
        assert enrolled == 201
        yield site


def worker(name: str, who: int) -> dict[str, Any]:
    return {"name": name, "external_id": name, "files": [base64.b64encode(portrait(who)).decode()]}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def address(site: Site, way: str) -> str:
    return site.addresses[way]


def test_whatever_a_page_refers_to_is_there(site: Site, address: str) -> None:
    waiting = [f"{address}/{page}" for page in PAGES]
    asked: set[str] = set()
    while waiting:
        asked.add(place := waiting.pop())
        answered, headers, body = site.send(place, key=False)
        assert answered == 200, place
        pattern = {"text/html": REFERENCE, "text/javascript": IMPORT}.get(
            headers["Content-Type"].split(";")[0]
        )
        if pattern is None or place.endswith("bundle.js"):
            continue
        references = {urljoin(place, link) for link in pattern.findall(body.decode())}
        assert all(reference.startswith(f"{address}/") for reference in references), references
        waiting += references - asked
    assert len(asked) > 30


def test_the_address_without_its_slash_leads_to_the_first_page(site: Site, address: str) -> None:
    answered, _, body = site.send(address, key=False)
    assert (answered, b"<h1>" in body) == (200, True)


def test_the_key_counts_and_nothing_else(site: Site, address: str) -> None:
    picture = {"file": base64.b64encode(group(ANA, STRANGER)).decode()}
    answered, _, body = site.send(f"{address}/api/v1/recognize", picture)
    faces = json.loads(body)["images"][0]["faces"]
    assert (answered, sorted(face["status"] for face in faces)) == (200, ["identified", "unknown"])
    assert site.send(f"{address}/api/v1/recognize", picture, key=False)[0] == 401


def test_a_new_worker_is_where_location_says(site: Site, way: str, address: str) -> None:
    place = f"{address}/api/v1/workers"
    answered, headers, body = site.send(place, worker(way, OTHERS[way]))
    assert answered == 201, body
    assert headers["Location"].startswith("http") == ("told" in way)
    answered, _, body = site.send(urljoin(place, headers["Location"]))
    assert (answered, json.loads(body)["name"]) == (200, way)


def test_the_document_says_where_the_api_is(site: Site, address: str) -> None:
    place = f"{address}/openapi.json"
    servers = json.loads(site.send(place, key=False)[2])["servers"]
    for server in servers:
        assert urljoin(place, server["url"]).rstrip("/") == address


def test_no_header_of_a_client_moves_anything(site: Site, address: str) -> None:
    for page in PAGES:
        plain, borrowed = (site.send(f"{address}/{page}", headers=headers)[2] for headers in ({}, BORROWED))
        assert plain == borrowed
    answered, _, body = site.send(f"{address}/api/v1/workers", headers=BORROWED)
    assert answered == 200
    assert b"evil" not in body


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X-Script-Name", "X-Forwarded-Prefix"])
def test_nor_one_that_comes_without_a_proxy(site: Site, name: str) -> None:
    port = site.services["root"].port
    assert status(exchange(port, [head("/x/healthz", f"{name}: /x", method="GET")])) == 404
    assert status(exchange(port, [head("/healthz", f"{name}: /x", method="GET")])) == 200


def test_a_host_that_nobody_named_is_refused_behind_a_proxy_too(site: Site) -> None:
    address = site.addresses["root"]
    assert site.send(f"{address}/api/v1/workers", headers={"Host": "hr.example.com"})[0] == 400


def test_serving_says_where_it_is_shown(site: Site) -> None:
    for way in WAYS:
        said = site.services[way].greeting
        assert (f"API: {site.addresses[way]}/docs" in said) == ("told" in way)


@pytest.mark.parametrize("way", ["root", "taken off", "passed on, told"], indirect=True)
def test_in_a_browser(site: Site, way: str, chrome: Chrome, tmp_path: Path) -> None:
    page = Page(chrome, replace(site.services[way], url=site.addresses[way]), site.key, tmp_path)
    page.open("/")
    page.chrome.execute_script("sessionStorage.clear()")
    page.press("#workers-link")
    page.seen("#key-dialog")
    page.one("#key-field").send_keys(site.key + "\n")
    page.says("#workers", "Ana")
    page.press("#workers a")
    page.says("#panel-body", "Add photos")
    page.press("#recognize-link")
    assert sorted(status for _, status in page.recognize(group(ANA, STRANGER))) == ["Identified", "Unknown"]
    page.until(lambda: not page.all("#picture .unplaced"))
    page.press("[data-language=es]")
    page.says("h1", "¿Quién está en la foto?")
    page.press("[data-language=en]")
    page.press("#status-link")
    page.says("#index", "up to date")
    page.says("#models", "casia-webface")
    page.press("footer a")
    page.press("#operations-Health-readyz button")
    page.press("#operations-Health-readyz .execute")
    page.says("#operations-Health-readyz .live-responses-table", "index_revision")
    page.calm(401)


def test_what_nginx_refuses_itself_is_said_in_words(site: Site, chrome: Chrome, tmp_path: Path) -> None:
    page = Page(chrome, replace(site.services["root"], url=site.addresses[TROUBLE]), site.key, tmp_path)
    page.open("/workers")
    page.sign_in()
    page.chrome.refresh()
    page.says("#list-fault", "The service cannot be reached")
    page.open("/")
    page.one("#file").send_keys(page.file("large.png", nobody() + bytes(30_000)))
    page.says("#fault", "The file is too large")
