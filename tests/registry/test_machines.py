"""Two services that have only the database in common answer as one."""

from __future__ import annotations

import base64
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.registry.machines import Place, places, reached_at
from tests.toy import Someone, picture
from tests.web.server import Running, run, running

pytestmark = [pytest.mark.process, pytest.mark.slow]

ROUNDS = 3


class Machine:
    """A service somewhere, and a key to it."""

    def __init__(self, server: Running, key: str) -> None:
        self._url, self._key = server.url, key

    def call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/api/v1/{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self._key}")
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read()
        return json.loads(text) if text else {}

    def add(self, name: str, who: int) -> int:
        photo = base64.b64encode(picture(Someone(who))).decode()
        worker = self.call("POST", "workers", {"name": name, "files": [photo]})["worker"]
        assert isinstance(worker, dict)
        return int(worker["id"])

    def remove(self, worker_id: int) -> None:
        self.call("DELETE", f"workers/{worker_id}")

    def names(self, who: int) -> list[str | None]:
        body = {"file": base64.b64encode(picture(Someone(who))).decode()}
        images = self.call("POST", "recognize", body)["images"]
        assert isinstance(images, list)
        return [face["worker"] and face["worker"]["name"] for face in images[0]["faces"]]


def start(stack: ExitStack, place: Place, home: Path, database: str) -> Machine:
    parts = urlsplit(database)
    socket_file = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    port = stack.enter_context(reached_at(place.host, socket_file))
    flags = {
        "gallery.engine": "pgvector",
        "registry.url": f"postgresql://postgres@{place.host}:{port}{parts.path}?sslmode=disable",
        "server.host": place.address,
        "server.clear_text": "true",
        "server.rate": "0",
    }
    home.mkdir()
    key = run(home, "key", "create", home.name, "--scope", "admin", flags=flags)
    return Machine(stack.enter_context(running(home, flags, within=place.within)), key)


@pytest.fixture
def machines(tmp_path: Path, postgres_database: str) -> Iterator[tuple[Machine, Machine]]:
    with ExitStack() as stack:
        one, other = stack.enter_context(places())
        yield (
            start(stack, one, tmp_path / "one", postgres_database),
            start(stack, other, tmp_path / "other", postgres_database),
        )


def test_who_is_added_on_one_is_known_and_who_is_removed_is_gone_on_the_other_within_the_request(
    machines: tuple[Machine, Machine],
) -> None:
    here, there = machines
    here.add("Always There", 1)
    for number in range(ROUNDS):
        who, name = 10 + number, f"Worker {'abc'[number]}"
        assert there.names(who) == [None]
        worker_id = here.add(name, who)
        assert [machine.names(who) for machine in (there, here)] == [[name], [name]]
        there.remove(worker_id)
        assert [machine.names(who) for machine in (here, there)] == [[None], [None]]
        here, there = there, here
    assert there.names(1) == ["Always There"]
    require_never_named_again(here, there)


def require_never_named_again(here: Machine, there: Machine) -> None:
    """Whoever asks `there` all the time never hears of one whose removal `here` has acknowledged."""
    removed: set[str] = set()
    wrong: list[str | None] = []
    names = {20 + number: f"Worker {'defg'[number]}" for number in range(4)}
    has_ended = threading.Event()

    def ask() -> None:
        while not has_ended.is_set():
            for who in names:
                gone = set(removed)
                wrong.extend(name for name in there.names(who) if name in gone)

    workers = {name: here.add(name, who) for who, name in names.items()}
    asking = threading.Thread(target=ask)
    asking.start()
    for name, worker_id in workers.items():
        here.remove(worker_id)
        removed.add(name)
    has_ended.set()
    asking.join()
    assert wrong == []
    assert [there.names(who) for who in names] == [[None]] * len(names)
