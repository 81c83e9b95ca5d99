"""What a client may invent leaves nothing in the metrics that stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from facevec import config
from facevec.web import create_app
from tests.local import local_client
from tests.toy import toy_networks


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    loaded = config.load(tmp_path_factory.mktemp("home"), environ={}, flags={"server.rate": "0"})
    app = create_app(loaded, networks=toy_networks)
    assert app.extensions["facevec"].readiness.wait(60)
    yield local_client(app)
    app.extensions["facevec"].readiness.stop()


def series(client: FlaskClient) -> set[str]:
    lines = client.get("/metrics").text.splitlines()
    return {line.rsplit(" ", 1)[0] for line in lines if line.startswith("facevec_")}


def test_no_label_comes_from_a_client(client: FlaskClient) -> None:
    paths = ("/healthz", "/nothing/here", "/api/v1/workers/1")
    for path in paths:
        client.open(path, method="FIRST")
        client.get(path)
    client.get("/metrics")
    before = series(client)
    for number in range(300):
        for path in paths:
            client.open(path, method=f"M{number}")
        client.get(f"/nothing/{number}")
        client.get(f"/api/v1/workers/{number}", headers={"X-Request-Id": f"r{number}"})
        client.get("/healthz", headers={"X-HTTP-Method-Override": f"M{number}", "Host": f"h{number}"})
    added = series(client) - before
    assert not any(re.search(r"M\d|/\d|h\d|FIRST", name) for name in series(client))
    assert len(added) <= 3, added


@pytest.mark.parametrize("method", ["A" * 3000, "G\tET", "GÉT"])
def test_an_invented_method_is_another(client: FlaskClient, method: str) -> None:
    client.open("/healthz", method="X")
    before = series(client)
    client.open("/healthz", environ_overrides={"REQUEST_METHOD": method})
    assert series(client) - before == set()
    assert any('method="other"' in name for name in before)
