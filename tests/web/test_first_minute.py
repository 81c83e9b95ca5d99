"""What a new user does first, with what `facevec serve` prints and nothing else."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facevec.registry.local_key import LocalKeyFile
from tests.web.browsing import ANA, Page
from tests.web.pictures import FLAGS, group, portrait
from tests.web.server import Running, running

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

STRANGER = 3


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Running]:
    with running(home, FLAGS) as started:
        yield started


def printed(server: Running, pattern: str) -> str:
    end = time.monotonic() + 10
    while True:
        match = re.search(pattern, "\n".join(server.lines), re.MULTILINE)
        if match:
            return match[1]
        assert time.monotonic() < end, list(server.lines)
        time.sleep(0.05)


def test_the_printed_curl_recognizes(server: Running, tmp_path: Path) -> None:
    file = tmp_path / "party.png"
    file.write_bytes(group(ANA, STRANGER))
    words = shlex.split(printed(server, "^With curl: (.*)$").replace("PICTURE", shlex.quote(str(file))))
    answer = subprocess.run([*words, "-sS"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert answer.count('"status": "unknown"') == 2, answer


def test_the_printed_link_opens_the_page(server: Running, chrome: Chrome, home: Path, tmp_path: Path) -> None:
    page = Page(chrome, replace(server, url=printed(server, r"(http://\S+\?token=\S+)$")), "", tmp_path)
    page.open("")
    page.server = server
    assert "token" not in page.chrome.current_url
    assert len(page.recognize(group(ANA, STRANGER))) == 2
    page.press("#workers-link")
    page.says("#count", "Nobody is enrolled yet.")
    page.press(".list-head a")
    page.enrol("Ana", page.file("ana.png", portrait(ANA)))
    page.press("#status-link")
    page.says("#index", "up to date")
    page.calm()


def test_a_link_that_was_used_says_so(server: Running, chrome: Chrome, home: Path, tmp_path: Path) -> None:
    page = Page(chrome, server, "", tmp_path)
    token = LocalKeyFile(home).link_token()
    page.open(f"/?token={token}")
    page.open(f"/?token={token}")
    assert "facevec key link" in page.seen("#link-spent").text
