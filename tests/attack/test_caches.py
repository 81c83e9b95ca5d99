"""Nothing about a person rests in a cache, whatever the answer was."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from facevec import config
from facevec.web import api, create_app
from facevec.web.routes import PREFIX
from tests.toy import Someone, picture, toy_networks


@pytest.fixture
def client(tmp_path) -> Iterator[FlaskClient]:
    """One who may do everything, with one worker enrolled."""
    loaded = config.load(tmp_path, environ={}, flags={"server.rate": "0"})
    app = create_app(loaded, networks=toy_networks)
    service = app.extensions["facevec"]
    assert service.readiness.wait(60)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {service.app.keys.create('test', ['admin'])[1]}"
    photos = [(io.BytesIO(picture(Someone(1, look))), f"{look}.png") for look in range(2)]
    enrolled = client.post("/api/v1/workers", data={"name": "Ann", "files": photos})
    assert enrolled.status_code == 201, enrolled.text
    yield client
    service.readiness.stop()


@pytest.mark.parametrize("endpoint", api.ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.name}")
def test_no_answer_of_the_api_may_be_kept(client: FlaskClient, endpoint) -> None:
    paths = {endpoint.path.replace("<int:worker_id>", number) for number in ("1", "99")}
    for path in sorted(paths, reverse=True):
        answer = client.open(PREFIX + path, method=endpoint.method)
        assert "no-store" in answer.headers["Cache-Control"], (path, answer.status_code)
        assert "public" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/v1/workers", "/api/v1/workers/1"])
def test_who_remembers_a_tag_is_still_told_that_nothing_changed(client: FlaskClient, path: str) -> None:
    first = client.get(path)
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "no-store")
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "no-store"
