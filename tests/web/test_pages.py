"""The pages as files: routes, headers, words, and what they refer to. test_browser.py uses them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

import facevec.web
from facevec.outcomes import OUTCOMES
from facevec.presentation.night_words import ADVICE, TITLES
from facevec.types import EMOTIONS, Status
from facevec.usecases.night.steps import STEPS
from facevec.web.pages import LANGUAGES, PAGES

WEB = Path(facevec.web.__file__).parent
STATIC = WEB / "static"
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
WORDS = {code: json.loads((STATIC / "i18n" / f"{code}.json").read_text()) for code in LANGUAGES}
PLURALS = (".one", ".other")

# Codes that stay inside: the command line's own, and what a page cannot provoke.
NOT_FOR_PAGES = {
    "file_not_found", "folder_unreadable", "is_a_folder", "output_unwritable", "settings_invalid",
    "extra_missing", "job_running",
    "backup_locked", "backup_unusable", "restore_refused", "consent_text_not_found",
    "key_not_found", "model_unknown", "model_corrupt", "model_refused", "download_failed",
    "engine_unavailable",
    "service_error", "service_unreachable", "service_denied", "service_busy",
}  # fmt: skip

pages = pytest.mark.parametrize("path", PAGES.values())


def used_keys() -> set[str]:
    """Every key that stands in a template or a module as a whole."""
    keys: set[str] = set()
    for script in SCRIPTS:
        text = script.read_text()
        keys.update(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', text))
        keys.update(
            f"{key}{ending}" for key in re.findall(r'confirm\("([^"]+)"', text)
            for ending in (".title", ".text", ".yes")
        )  # fmt: skip
    for template in TEMPLATES:
        text = template.read_text()
        keys.update(re.findall(r'say\(t, "([^"]+)"\)', text))
        keys.update(re.findall(r'attribute\(t, "[^"]+", "([^"]+)"\)', text))
        keys.update(re.findall(r't\("([^"]+)"\)', text))
    return keys - {"facevec.key", "facevec.language"}


def composed_keys() -> set[str]:
    """Keys that are put together from a value."""
    return {
        *(f"{page}.title" for page in PAGES),
        *(f"nav.{page}" for page in PAGES),
        *(f"face.{status.value}" for status in Status),
        *(f"face.{name}" for name in ("number", "name", "status", "distance", "margin", "expression")),
        *(f"emotion.{name}" for name in EMOTIONS),
        *(f"quality.{name}" for name in ("size", "sharpness", "brightness", "contrast", "yaw", "roll")),
        *(f"night.step.{name}" for name, _ in STEPS),
        *(f"night.advice.{name}" for name in ADVICE),
        *(f"enrol.{name}{end}" for name in ("name", "external_id", "consent") for end in ("", "_hint")),
    }


@pages
def test_a_page_is_html_with_the_strict_policy(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Accept-Language" in answer.headers["Vary"]


@pages
@pytest.mark.parametrize(
    ("wanted", "language"),
    [("es-CO,es;q=0.9,en;q=0.8", "es"), ("en-GB", "en"), ("de,es;q=0.5", "es"), ("de", "en"), ("", "en")],
)
def test_the_page_comes_in_the_visitors_language(
    client: FlaskClient, path: str, wanted: str, language: str
) -> None:
    text = client.get(path, headers={"Accept-Language": wanted}).text
    assert f'<html lang="{language}">' in text
    assert WORDS[language]["page.skip"] in text


@pages
def test_nothing_is_inline_and_every_reference_exists(client: FlaskClient, path: str) -> None:
    text = client.get(path).text
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style|javascript:", text)
    assert all(re.search(r"\ssrc=", tag) for tag in re.findall(r"<script\b[^>]*>", text))
    references = re.findall(r'(?:href|src)="([^"#]+)', text)
    assert len(references) > 5
    for reference in references:
        assert re.match(r"\w+|\./", reference), f"{reference} is not below the page's own path"
        assert client.get(urljoin(path, reference)).status_code == 200, reference


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_module_keeps_the_rules(client: FlaskClient, script: Path) -> None:
    text = script.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|https?://", text)
    for imported in re.findall(r'from "\./([^"]+)"', text):
        assert (script.parent / imported).is_file(), imported
    answer = client.get(f"/static/js/{script.name}")
    assert answer.mimetype == "text/javascript"


@pytest.mark.parametrize("sheet", sorted((STATIC / "css").glob("*.css")), ids=lambda path: path.name)
def test_a_style_sheet_loads_nothing(client: FlaskClient, sheet: Path) -> None:
    assert not re.search(r"url\(|@import", sheet.read_text())
    assert client.get(f"/static/css/{sheet.name}").mimetype == "text/css"


def test_both_languages_have_the_same_sentences_with_the_same_places() -> None:
    english, spanish = WORDS["en"], WORDS["es"]
    assert list(english) == list(spanish)
    for key, sentence in english.items():
        assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", spanish[key])), key
        assert sentence.strip(), key
        assert spanish[key].strip(), key


def test_every_sentence_used_exists_and_every_one_that_exists_is_used() -> None:
    existing = {re.sub(r"\.(one|other)$", "", key) for key in WORDS["en"]}
    used = used_keys() | composed_keys()
    assert not used - existing
    unused = {key for key in existing - used if not key.startswith("problem.")}
    assert not unused


def test_every_plural_has_both_forms() -> None:
    for key in WORDS["en"]:
        for form, other in (PLURALS, PLURALS[::-1]):
            if key.endswith(form):
                assert key.removesuffix(form) + other in WORDS["en"]


def test_every_error_that_a_page_can_meet_has_a_headline() -> None:
    assert not {code for code in set(OUTCOMES) - NOT_FOR_PAGES if f"problem.{code}" not in WORDS["en"]}


def test_pages_need_no_key_and_hold_nobody(client: FlaskClient, admin: dict[str, str]) -> None:
    del admin  # a key exists, so the API asks for one
    assert client.get("/api/v1/workers").status_code == 401
    assert client.get("/workers").status_code == 200


def test_every_step_of_the_night_has_its_words() -> None:
    names = {name for name, _ in STEPS}
    assert names == TITLES.keys()
    assert ADVICE.keys() <= names
