"""A browser on the service's pages, in the words that tests need, and what stands before and behind it."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from facevec.ports import Registry
from facevec.presentation.rectangles import Rect
from facevec.types import NewPhoto, Quality
from tests.portraits import draw, person
from tests.rectangles import inside, share
from tests.web.chromium import complaints, hosts
from tests.web.server import Running

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.remote.webelement import WebElement

PATIENCE = 60.0
ANA = 0
"""The drawn person whom the camera sees."""

SCREENS = {"window": (1280, 800), "phone": (390, 844)}
BOXES = """
const box = (one) => { const { left, top, right, bottom } = one.getBoundingClientRect();
                       return [left, top, right, bottom]; };
const all = (selector) => [...document.querySelectorAll(selector)].map(box);
return [all("#picture .layer"), all("#picture .frame"), all("#picture .tag")];
"""


class Page:
    """A browser on the service's pages, in the words a test needs."""

    def __init__(self, chrome: Chrome, server: Running, key: str, folder: Path) -> None:
        self.chrome = chrome
        self.server = server
        self.key = key
        self.folder = folder

    def open(self, path: str) -> None:
        self.chrome.get("about:blank")
        self.chrome.get(self.server.url + path)
        self.until(lambda: self.chrome.execute_script("return document.readyState") == "complete")

    def one(self, selector: str) -> WebElement:
        return self.chrome.find_element("css selector", selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.chrome.find_elements("css selector", selector)

    def seen(self, selector: str) -> WebElement:
        """The element, once it can be seen."""
        seen: WebElement = self.until(
            lambda: next((one for one in self.all(selector) if one.is_displayed()), None)
        )
        return seen

    def gone(self, selector: str) -> None:
        self.until(lambda: not any(element.is_displayed() for element in self.all(selector)))

    def until(self, condition: Callable[[], Any]) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.chrome, PATIENCE, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda _: condition())

    def says(self, selector: str, text: str) -> None:
        """Wait until the element says `text`."""
        self.until(lambda: text in self.one(selector).text)

    def press(self, selector: str) -> None:
        self.seen(selector).click()

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def sign_in(self) -> None:
        self.chrome.execute_script("sessionStorage.setItem('facevec.key', arguments[0])", self.key)

    def show_on(self, size: tuple[int, int], *, mobile: bool) -> None:
        """A screen of this width and height."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": mobile}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def rows(self) -> list[list[str]]:
        """Name and status of each face in the table."""
        return [
            [
                row.find_element("css selector", f"td.{cell}").text.split("\n")[-1]
                for cell in ("name", "status")
            ]
            for row in self.all("#table tbody tr")
        ]

    def enrol_by_api(self, name: str, photo: bytes) -> int:
        """Enrol somebody behind the page's back; their id."""
        body = {"name": name, "external_id": name, "files": [base64.b64encode(photo).decode()]}
        request = urllib.request.Request(
            f"{self.server.url}/api/v1/workers",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(json.load(answer)["worker"]["id"])

    def recognize(self, data: bytes) -> list[list[str]]:
        self.chrome.execute_script("document.getElementById('result').hidden = true")
        self.one("#file").send_keys(self.file("probe.jpg", data))
        self.seen("#result")
        return self.rows()

    def enrol(self, name: str, *photos: str) -> None:
        self.seen("#enrol-name").send_keys(name)
        if photos:
            self.one(".photos input").send_keys("\n".join(photos))
        self.press("form.stack button[type=submit]")
        self.seen("form .notice.good")

    def calm(self, *expected_statuses: int) -> None:
        """The console had nothing to complain about, and nobody else was asked for anything."""
        said = complaints(self.chrome, expected_statuses)
        assert not said, said
        assert hosts(self.chrome) <= {"127.0.0.1"}


def labelled(page: Page, picture: bytes, screen: str, language: str) -> list[Rect]:
    """The labels of `picture` on the page, which lie on no face, on no other label, and in the picture."""
    page.show_on(SCREENS[screen], mobile=screen == "phone")
    page.open("/")
    page.sign_in()
    page.press(f"[data-language={language}]")
    page.recognize(picture)
    page.until(lambda: not page.all("#picture .unplaced"))
    (whole,), frames, labels = ([Rect(*box) for box in boxes] for boxes in page.chrome.execute_script(BOXES))
    assert len(labels) == len(frames)
    assert all(inside(label, whole.grown(0.5, 0.5, 0.5)) for label in labels)
    assert not any(share(label, frame) for label in labels for frame in frames)
    assert not any(share(one, other) for one, other in combinations(labels, 2))
    return labels


def film(path: Path, who: int) -> Path:
    """A y4m film of drawn person `who`, who stands still."""
    side = 480
    y, cb, cr = Image.fromarray(np.asarray(draw(person(who), size=side, seed=9))).convert("YCbCr").split()
    half = [np.asarray(plane.resize((side // 2, side // 2))) for plane in (cb, cr)]
    frame = b"FRAME\n" + np.asarray(y).tobytes() + b"".join(plane.tobytes() for plane in half)
    path.write_bytes(f"YUV4MPEG2 W{side} H{side} F10:1 Ip A1:1 C420jpeg\n".encode() + 10 * frame)
    return path


def add_crowd(registry: Registry, count: int) -> None:
    """Workers with templates that nobody has."""
    contract = str(registry.state().contract)
    _, enrolled = registry.templates(contract)
    size = (count, enrolled.vectors.shape[1])
    directions = np.random.default_rng(0).normal(size=size).astype(np.float32)
    quality = Quality(size=100, sharpness=100, brightness=120, contrast=40, yaw=0, roll=0)
    for number, vector in enumerate(directions / np.linalg.norm(directions, axis=1, keepdims=True)):
        photo = NewPhoto(
            sha256=f"{number:064x}",
            source="made.png",
            quality=quality,
            template=vector,
            contract=contract,
        )
        registry.add_worker(f"Nobody {number}", None, None, [photo])
