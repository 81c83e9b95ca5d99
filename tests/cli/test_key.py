from __future__ import annotations

import json
import re
import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest

from facevec.outcomes import OUTCOMES
from facevec.registry.local_key import LocalKeyFile
from facevec.types import SCOPES, Scope
from tests.clock import today

SETTINGS_CODE = OUTCOMES["settings_invalid"].exit_code


def test_a_key_is_printed_once_and_alone_on_stdout(run) -> None:
    made = run("key", "create", "door", "--scope", "recognize")
    assert made.exit_code == 0
    assert re.fullmatch(r"fv_[0-9a-f]{8}_[\w-]{43}\n", made.stdout)
    assert "not shown again" in made.stderr
    listed = run("key", "list", "--json").stdout
    assert made.stdout.strip()[12:] not in listed
    (entry,) = json.loads(listed)["keys"]
    assert (entry["name"], entry["scopes"], entry["revoked_at"]) == ("door", ["recognize"], None)


def test_every_scope_is_said_in_words(run) -> None:
    assert set(SCOPES) == set(get_args(Scope))
    text = " ".join(run("key", "--help").stdout.split())
    assert all(f"{scope} ({words})" in text for scope, words in SCOPES.items())


def test_json_holds_the_key_and_what_it_may_do(run) -> None:
    made = json.loads(
        run(
            "key", "create", "hr", "--scope", "enrol", "--scope", "admin", "--expires", "90d", "--json"
        ).stdout
    )
    assert made["key"].startswith(f"fv_{made['id']}_")
    assert made["scopes"] == ["enrol", "admin"]
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(timezone.utc)
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_a_key_may_end_today_and_says_in_which_zone(run) -> None:
    day = today().isoformat()
    made = run("key", "create", "door", "--scope", "recognize", "--expires", day)
    assert made.exit_code == 0
    assert f"{day} 23:59 UTC" in made.stderr
    assert f"{day} 23:59 UTC" in run("key", "list").stdout
    past = run("key", "create", "door", "--scope", "recognize", "--expires", "2020-01-01")
    assert past.exit_code == OUTCOMES["input_invalid"].exit_code
    assert "2020-01-01 23:59 UTC" in past.stderr


def test_a_revoked_key_is_listed_as_such(run) -> None:
    made = json.loads(run("key", "create", "door", "--scope", "recognize", "--json").stdout)
    assert json.loads(run("key", "revoke", made["id"], "--json").stdout)["revoked_at"] is not None
    assert "revoked" in run("key", "list").stdout
    for nobodys in ("ffffffff", "", "Ren\udce9"):
        again = run("key", "revoke", nobodys)
        assert again.exit_code == OUTCOMES["key_not_found"].exit_code
        assert "key list" in again.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["create", "x"],
        ["create", "x", "--scope", "everything"],
        ["create", "x", "--scope", "admin", "--expires", "soon"],
        ["create", "x", "--scope", "admin", "--expires", "2020-01-01"],
        ["create", " ", "--scope", "admin"],
        ["create", "a\nb", "--scope", "admin"],
    ],
)
def test_what_cannot_be_a_key_is_refused_and_leaves_none(run, words: list[str]) -> None:
    refused = run("key", *words)
    assert refused.exit_code != 0
    assert "Traceback" not in refused.output
    assert json.loads(run("key", "list", "--json").stdout) == {"keys": []}


def test_other_machines_are_not_let_in_without_a_key(run) -> None:
    refused = run("serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.exit_code == SETTINGS_CODE
    assert "facevec key create" in refused.stderr


def test_a_port_that_is_taken_is_named(run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("serve", "--port", port)
    assert refused.exit_code == SETTINGS_CODE
    assert f"127.0.0.1:{port}" in refused.stderr


def test_the_local_key_is_made_by_asking_for_its_file(run) -> None:
    file = Path(run("key", "local").stdout.strip())
    assert re.fullmatch(r"Authorization: Bearer fv_local_[\w-]{43}\n", file.read_text())
    assert json.loads(run("key", "local", "--json").stdout) == {"path": str(file)}
    assert json.loads(run("key", "list", "--json").stdout) == {"keys": []}


def test_a_link_names_the_service_and_its_token_opens_once(run) -> None:
    home = Path(run("key", "local").stdout.strip()).parent
    printed = run("key", "link", "--port", "8123").stdout.strip()
    assert printed.startswith("http://127.0.0.1:8123/?token=")
    link = json.loads(run("key", "link", "--json").stdout)["link"]
    for address in (printed, link):
        token = address.partition("=")[2]
        opened = [LocalKeyFile(home).open_session(token) for _ in range(2)]
        assert [session is None for session in opened] == [False, True]


@pytest.mark.parametrize("command", ["local", "link"])
def test_where_others_come_there_is_no_local_key(run, command: str) -> None:
    refused = run("--set", "server.require_key=always", "key", command)
    assert refused.exit_code == SETTINGS_CODE
    assert "facevec key create" in refused.stderr
