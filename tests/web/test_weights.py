"""The service over the real networks, from a picture to a name, with drawn people and with a real photo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facevec.types import EMOTIONS
from tests.drawn import FLAGS, group, nobody, portrait
from tests.web.agreement import Client
from tests.web.browsing import ANA, SCREENS, Page, labelled
from tests.web.server import Running, fetch, run, running

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BRUNO, STRANGER = 1, 3


@dataclass(frozen=True)
class Service:
    """A running service, and a key that may do everything."""

    server: Running
    key: str


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    key = run(home, "key", "create", "real", "--scope", "admin", models=models_dir)
    with running(home, FLAGS, models=models_dir) as server:
        yield Service(server, key)


@pytest.fixture
def client(real: Service) -> Client:
    return Client(real.server, real.key)


@pytest.fixture
def page(real: Service, chrome: Chrome, tmp_path: Path) -> Page:
    return Page(chrome, real.server, real.key, tmp_path)


@pytest.fixture
def enrolled(client: Client) -> Iterator[dict[int, int]]:
    """Ana and Bruno are; their ids."""
    ids = {}
    for who in (ANA, BRUNO):
        status, answer = client.send("POST", "/workers", name=f"Person {who}", files=portrait(who, 1))
        assert status == 201, answer
        ids[who] = answer["worker"]["id"]
    yield ids
    for worker in ids.values():
        client.send("DELETE", f"/workers/{worker}")


def test_the_enrolled_are_named_and_a_stranger_is_not(client: Client, enrolled: dict[int, int]) -> None:
    _, answer = client.send("POST", "/recognize", file=group(ANA, STRANGER, BRUNO))
    faces = sorted(answer["images"][0]["faces"], key=lambda face: face["box"]["x_min"])
    ids = [face["worker"] and face["worker"]["id"] for face in faces]
    assert ids == [enrolled[ANA], None, enrolled[BRUNO]]
    for face in faces:
        assert set(face["emotion"]["scores"]) == set(EMOTIONS)
        assert sum(face["emotion"]["scores"].values()) == pytest.approx(1, abs=1e-3)


def test_nobody_is_seen_where_nobody_is(client: Client) -> None:
    _, answer = client.send("POST", "/recognize", file=nobody())
    assert answer["images"][0]["faces"] == []


def test_two_pictures_and_a_worker_are_one_person_or_not(client: Client, enrolled: dict[int, int]) -> None:
    ana = portrait(ANA, 9)
    assert client.send("POST", "/verify", file=ana, other=portrait(ANA))[1]["same"] is True
    assert client.send("POST", "/verify", file=ana, other=portrait(BRUNO))[1]["same"] is False
    assert client.send("POST", "/verify", file=ana, worker_id=str(enrolled[ANA]))[1]["same"] is True
    assert client.send("POST", "/verify", file=ana, worker_id=str(enrolled[BRUNO]))[1]["same"] is False


def test_what_is_in_use_is_told(real: Service, client: Client, enrolled: dict[int, int]) -> None:
    _, index = client.send("GET", "/index")
    assert (index["workers"], index["templates"], index["model"]) == (2, 2, "casia-webface")
    _, models = client.send("GET", "/models")
    assert "casia-webface" in [model["name"] for model in models["models"] if model["in_use"]]
    assert models["contract"] == index["contract"]
    _, metrics = fetch(f"{real.server.url}/metrics", Authorization=f"Bearer {real.key}")
    assert f'facevec_model_info{{contract="{index["contract"]}",model="casia-webface"}} 1' in metrics.decode()


def test_the_camera_enrols_and_recognizes(page: Page) -> None:
    page.open("/workers#new")
    page.sign_in()
    page.chrome.refresh()
    page.press(".photos button")
    page.until(page.seen("#camera-shoot").is_enabled)
    page.press("#camera-shoot")
    page.says("#camera-count", "1 photo taken")
    page.press("#camera [data-close]")
    page.enrol("Ana again")

    page.open("/")
    page.press("#open-camera")
    page.until(page.seen("#camera-shoot").is_enabled)
    page.press("#camera-shoot")
    page.seen("#result")
    assert page.rows() == [["Ana again", "Identified"]]
    assert not page.one("#camera").is_displayed()
    page.calm(401)


@pytest.mark.parametrize("screen", SCREENS)
def test_on_the_page_no_label_lies_on_a_mayor(page: Page, data_dir: Path, screen: str) -> None:
    assert len(labelled(page, (data_dir / "mayors" / "group.png").read_bytes(), screen, "es")) == 7
