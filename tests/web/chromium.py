"""A real Chromium, without a window, on a profile of its own; it reaches this machine only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DRIVERS = ("chromedriver", "chromium.chromedriver")
SIZE = (1366, 850)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
    f"--window-size={SIZE[0]},{SIZE[1]}",
)  # fmt: skip


@contextmanager
def chromium(profile: Path, camera: Path, language: str = "en-GB") -> Iterator[Chrome]:
    """A browser in `language` whose camera shows the y4m film `camera`; skips where there is none."""
    browser, driver = _found(BROWSERS), _found(DRIVERS)
    from selenium.webdriver import Chrome
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = browser
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--use-file-for-fake-video-capture={camera}"):
        options.add_argument(flag)
    downloads = {"download.default_directory": str(profile / "downloads")}
    options.add_experimental_option("prefs", {"intl.accept_languages": language, **downloads})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()


def complaints(chrome: Chrome, expected_statuses: tuple[int, ...] = ()) -> list[str]:
    """What the console says since it was last asked, but for answers of the statuses a test provokes."""
    messages = [entry["message"] for entry in chrome.get_log("browser")]
    return [text for text in messages if not any(f"status of {code}" in text for code in expected_statuses)]


def hosts(chrome: Chrome) -> set[str]:
    """Every host that pages asked for anything since the log was last read."""
    events: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in chrome.get_log("performance")
    ]
    addresses = [
        urlsplit(event["params"]["request"]["url"])
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return {
        address.hostname or "" for address in addresses if address.scheme in ("http", "https", "ws", "wss")
    }


def _found(names: tuple[str, ...]) -> str:
    pytest.importorskip("selenium", reason="no selenium: pip install 'facevec[dev]' to test in a browser")
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip(f"no {names[0]}: install Debian's chromium and chromium-driver to test the page in a browser")
