"""The examples of docs/api.md: their paths, fields and options are those of the API."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest

from facevec.web import openapi
from tests.web.pictures import group, portrait

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FILES = {"group.png": group(0, 1), "ada1.jpg": portrait(0, 1), "ada2.jpg": portrait(0, 2)}


def examples() -> list[list[str]]:
    """The curl commands that send forms, as words."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line.startswith("curl") and " -F " in line]


def values(words: list[str], option: str) -> list[str]:
    return [words[place + 1] for place, word in enumerate(words) if word == option]


@pytest.mark.parametrize("words", examples(), ids=lambda words: words[-1])
def test_examples_work(client, service, admin, words: list[str]) -> None:
    service.app.local_key.make()
    keys = {
        "Authorization: Bearer $KEY": f"Authorization: {admin['Authorization']}",
        "@$(facevec key local)": service.app.local_key.path.read_text().strip(),
    }
    data: dict[str, list[object]] = {}
    for field in values(words, "-F"):
        name, value = field.split("=", 1)
        file = value.removeprefix("@")
        data.setdefault(name, []).append(value if file == value else (io.BytesIO(FILES[file]), file))
    headers = dict(keys.get(header, header).split(": ", 1) for header in values(words, "-H"))
    path = words[-1].removeprefix("http://127.0.0.1:8000")
    answer = client.post(path, headers=headers, data=data)
    assert answer.status_code in (200, 201), answer.text


def test_there_are_examples() -> None:
    assert len(examples()) == 4


def test_every_path_of_the_api_is_in_the_table() -> None:
    table = PAGE[PAGE.index("| request |") : PAGE.index("`admin` includes")].replace("{id}", "{worker_id}")
    for path, methods in openapi.document()["paths"].items():
        if path.startswith("/api/v1"):
            for method in methods:
                assert f"{method.upper()} {path.removeprefix('/api/v1')}" in table, (method, path)


def test_the_dashboard_asks_for_metrics_that_there_are(client, admin, post) -> None:
    post("/recognize", file=portrait(0))
    text = client.get("/metrics", headers=admin).text
    dashboard = (ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8")
    queries = " ".join(
        t["expr"] for panel in json.loads(dashboard)["panels"] for t in panel.get("targets", [])
    )
    asked = set(re.findall(r"\b(?:facevec|process)_\w+", queries))
    assert len(asked) >= 8
    for name in asked:
        assert name in text, name
