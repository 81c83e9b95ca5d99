from __future__ import annotations

import json
import re
from pathlib import Path

from facevec.web import openapi
from facevec.web.routes import PREFIX

ROOT = Path(__file__).resolve().parents[2]


def test_the_copy_in_docs_is_up_to_date() -> None:
    kept = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert kept == openapi.text(), "run: python -m facevec.web.openapi > docs/openapi.json"


def test_every_route_of_the_api_is_described(client) -> None:
    described = {
        (method.upper(), path) for path, methods in openapi.document()["paths"].items() for method in methods
    }
    served = {
        (method, re.sub(r"<int:(\w+)>", r"{\1}", rule.rule))
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {(method, path) for method, path in described if path.startswith(PREFIX)}


def test_the_service_serves_it(client) -> None:
    served = client.get("/openapi.json")
    assert served.json == json.loads(openapi.text())
    assert served.json["openapi"] == "3.1.0"


def test_interactive_docs_come_from_this_host_only(client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for path in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        answer = client.get(f"/{path}")
        assert answer.status_code == 200, path
        assert len(answer.data) > 100, path
    assert "'self'" in page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
