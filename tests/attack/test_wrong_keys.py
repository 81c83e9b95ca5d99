"""Issue 11, 7: keys tried without end, in every process, from one address or behind one."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from flask import Request
from flask.testing import FlaskClient

from facevec import logs
from facevec.web.address import client_address
from facevec.web.lockout import LONGEST, REMEMBERED, TRUSTED, WINDOW, Lockout
from facevec.web.problems import Problem
from tests.attack.conftest import ATTACKER, Attacker, House
from tests.toy import Someone
from tests.web.conftest import toy_app

MOST = 5
HERE = "203.0.113.7"


class Ticks:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


def wait(process: Lockout, address: str, key: str) -> int:
    try:
        process.require_open(address, key)
    except Problem as problem:
        return int(problem.headers["Retry-After"])
    return 0


@pytest.fixture
def locked(tmp_path: Path, ticks: Ticks) -> Callable[..., int]:
    """Seconds for which an address is locked out, as each of two processes sees it."""
    processes = [Lockout(MOST, tmp_path, ticks) for _ in range(2)]

    def seconds(address: str = HERE, key: str = "wrong", *, wrong: int = 0, right: str = "") -> int:
        for number in range(wrong):
            processes[number % 2].note_wrong(address)
        if right:
            processes[0].note_right(right)
        waits = [wait(process, address, key) for process in processes]
        assert waits[0] == waits[1]
        return waits[0]

    return seconds


def test_processes_count_together(locked, ticks: Ticks) -> None:
    assert locked(wrong=MOST - 1) == 0
    assert locked(wrong=1) == WINDOW
    assert locked("203.0.113.8") == 0
    ticks.now += WINDOW
    assert locked() == 0


def test_what_was_long_ago_does_not_count(locked, ticks: Ticks) -> None:
    for _ in range(10):
        assert locked(wrong=MOST - 1) == 0
        ticks.now += WINDOW + 1


def test_it_lasts_longer_each_time_and_is_forgiven(locked, ticks: Ticks) -> None:
    waits = []
    for _ in range(8):
        waits.append(locked(wrong=MOST))
        ticks.now += waits[-1]
    assert waits[:3] == [WINDOW, 2 * WINDOW, 4 * WINDOW]
    assert waits[-1] == LONGEST
    ticks.now += LONGEST + 1
    assert locked(wrong=MOST) == WINDOW


def test_a_key_that_was_right_lately_opens_from_behind_the_same_address(locked, ticks: Ticks) -> None:
    assert locked(wrong=MOST, right="right") > 0
    assert locked(key="right") == 0
    ticks.now += TRUSTED
    assert locked(key="right", wrong=MOST) > 0


def test_addresses_are_forgotten_so_that_the_file_stays_small(ticks: Ticks) -> None:
    lockout = Lockout(MOST, clock=ticks)
    for number in range(REMEMBERED + 100):
        ticks.now += 0.001
        lockout.note_wrong(str(number))
    (count,) = lockout._database.execute("SELECT count(*) FROM addresses").fetchone()
    assert count == REMEMBERED


def test_where_nothing_can_be_counted_keys_still_open(tmp_path: Path, ticks: Ticks) -> None:
    lockout = Lockout(MOST, tmp_path, ticks)
    lockout._database.execute("DROP TABLE addresses")
    assert lockout.note_wrong(HERE) is False
    lockout.require_open(HERE, "key")
    with pytest.raises(sqlite3.Error):
        lockout._database.execute("SELECT * FROM addresses")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    app = toy_app(tmp_path_factory.mktemp("home"), **{"server.wrong_keys": str(MOST)})
    assert app.extensions["facevec"].readiness.wait(60)
    yield app.test_client()
    app.extensions["facevec"].readiness.stop()


def ask(client: FlaskClient, key: str, address: str) -> tuple[int, str]:
    answer = client.get(
        "/api/v1/models", headers={"X-API-Key": key}, environ_overrides={"REMOTE_ADDR": address}
    )
    return answer.status_code, answer.headers.get("Retry-After", "")


def test_hundreds_of_wrong_keys_are_refused_unread_and_told(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = client.application.extensions["facevec"].app.keys
    _, right = keys.create("here", ["recognize"])
    _, admin = keys.create("elsewhere", ["admin"])
    assert ask(client, right, HERE)[0] == 200
    looked_up: list[str] = []
    find = type(keys).find
    monkeypatch.setattr(type(keys), "find", lambda self, key: looked_up.append(key) or find(self, key))
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    statuses = [ask(client, f"fv_{number:08x}_guess", HERE) for number in range(600)]
    assert statuses[:MOST] == [(401, "")] * MOST
    assert {status for status, _ in statuses[MOST:]} == {429}
    assert all(0 < int(wait) <= WINDOW for _, wait in statuses[MOST:])
    assert len(looked_up) == MOST
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    (warning,) = [line for line in lines if line["event"] == "locked_out"]
    assert (warning["address"], warning["level"]) == (HERE, "warning")
    assert ask(client, right, HERE)[0] == 200
    assert ask(client, admin, HERE)[0] == 429
    assert ask(client, admin, "203.0.113.9")[0] == 200
    assert client.get("/healthz", environ_overrides={"REMOTE_ADDR": HERE}).status_code == 200
    metrics = client.get("/metrics", headers={"X-API-Key": right}).text
    assert f"facevec_wrong_keys_total {MOST}.0" in metrics
    assert "facevec_lockouts_total 1.0" in metrics


def test_asking_without_a_key_locks_nobody_out(house: House) -> None:
    passer_by, holder = house.passer_by(), house.holder("recognize")
    for _ in range(40):
        assert passer_by.recognize(Someone(ATTACKER)).status_code == 401
        assert Attacker(house.client, {"X-API-Key": ""}).recognize(Someone(ATTACKER)).status_code == 401
    assert holder.recognize(Someone(ATTACKER)).status_code == 200


PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),  # the first is the client's own word
        ("127.0.0.1", ["198.51.100.1", "203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("", ["203.0.113.7"], ""),
    ],
)
def test_a_client_cannot_choose_its_address(peer: str, forwarded: list[str], address: str) -> None:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": ",".join(forwarded)}
    assert client_address(Request(environ), PROXIES) == address
    if peer == "127.0.0.1":
        assert client_address(Request(environ), ()) == peer
