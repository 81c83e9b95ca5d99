"""The documents as a site: it builds, nothing in it leads nowhere, and nothing comes from another host."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from docs import site as hooks
from facevec.cli import advice
from facevec.outcomes import OUTCOMES
from tests.web.chromium import chromium

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

ROOT = Path(__file__).parent.parent
RAISING = {"Problem", "try_later", "too_many", "bad_request"}
CODE = re.compile(r"[a-z]+(?:_[a-z]+)*")
PHONE = 375
"""Pixels a narrow phone is wide."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built so that any warning fails it."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    target = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(target), strict=True))
    monkeypatch.undo()
    return target


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    profile = tmp_path_factory.mktemp("browser")
    with chromium(profile, profile / "no-camera.y4m") as started:
        yield started


def test_no_page_is_wider_than_a_phone(folder: Path, chrome: Chrome) -> None:
    phone = {"width": PHONE, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    widths = {}
    for page in sorted(folder.rglob("*.html")):
        chrome.get(page.as_uri())
        widths[page.name] = chrome.execute_script("return document.documentElement.scrollWidth")
    assert len(widths) > 30
    assert not {name: width for name, width in widths.items() if width > PHONE}


def test_every_page_is_there_and_so_are_those_from_outside(folder: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    built = {path.relative_to(folder).with_suffix("") for path in folder.rglob("*.html")}
    assert {*pages, Path("changelog"), Path("contributing")} <= built


def test_nothing_is_loaded_from_another_host(folder: Path) -> None:
    loads = re.compile(r"""(?:\bsrc|<link\b[^>]*\bhref|@import|url\()\W{0,6}(?:https?:)?//[^\s"'>)]+""")
    files = [path for path in folder.rglob("*") if path.suffix in {".html", ".css"}]
    assert len(files) > 30
    assert not {path.name: loads.findall(path.read_text(encoding="utf-8")) for path in files
                if loads.search(path.read_text(encoding="utf-8"))}  # fmt: skip


def test_links_of_the_built_pages_lead_somewhere(folder: Path) -> None:
    broken = []
    for page in folder.rglob("*.html"):
        if page.name == "404.html":  # its links begin at the root of wherever the site is shown
            continue
        for target in re.findall(r'<a\b[^>]*\bhref="?([^"\s>]+)', page.read_text(encoding="utf-8")):
            path, _, fragment = target.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            other = (page.parent / path).resolve() if path else page
            if not other.exists() or (
                fragment and other.suffix == ".html" and fragment not in anchors(other)
            ):
                broken.append(f"{page.relative_to(folder)}: {target}")
    assert not broken


def test_examples_are_shown_and_can_be_taken(folder: Path) -> None:
    page = (folder / "integrations.html").read_text(encoding="utf-8")
    for path in (ROOT / "examples").rglob("*.*"):
        if "__pycache__" not in path.parts:
            name = path.relative_to(ROOT).as_posix()
            assert (folder / name).read_bytes() == path.read_bytes()
            assert f"href={name}" in page.replace('"', ""), name
    text = re.sub(r"<[^>]*>", "", page)
    shown = [
        *("Who is in a picture?", "Enrol somebody, or add", "Who is in these pictures?"),
        *("async with AsyncClient", "class Problem extends", "node recognize.mjs"),
        "response_variable: answer",
    ]
    assert not [line for line in shown if line not in text]
    assert not re.search(r"--8\s*(?:<|&lt;)", page)


def anchors(page: Path) -> set[str]:
    return set(re.findall(r'\bid="?([^"\s>]+)', page.read_text(encoding="utf-8")))


def test_a_link_out_of_the_documents_becomes_one_of_the_site_or_none() -> None:
    def shown(text: str, folder: str = "docs") -> str:
        return hooks.LINK.sub(lambda match: hooks._link(match, folder), text)

    assert shown("[a](../CHANGELOG.md#x)") == "[a](changelog.md#x)"
    assert shown("[a](../../README.md)", "docs/adr") == "[a](../index.md)"
    assert shown("[`web`](../facevec/web/)") == "`web`"
    assert shown("[a](https://example.com) [b](api.md#tls)") == "[a](https://example.com) [b](api.md#tls)"
    assert shown("[adr](adr)") == "[adr](adr/0001-rooms-and-one-direction.md)"


def codes_of_the_service() -> set[str]:
    """Codes that `facevec.web` writes out where it refuses."""
    codes = set()
    for path in (ROOT / "facevec" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISING:
                values = [one.value for one in node.args if isinstance(one, ast.Constant)]
                codes |= {value for value in values if isinstance(value, str) and CODE.fullmatch(value)}
    return codes


def test_every_error_code_has_its_place(folder: Path) -> None:
    service = codes_of_the_service()
    assert {"unauthorised", "overloaded", "host_not_allowed", "worker_changed"} <= service
    codes = {*OUTCOMES, *service, "usage", "interrupted"}
    assert codes == set(advice.BY_CODE), "say in facevec/cli/advice.py why it comes and what to do"
    assert codes <= anchors(folder / "errors.html")
