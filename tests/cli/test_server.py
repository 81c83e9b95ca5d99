"""The same commands on this machine and over a service."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from PIL import Image

from facevec.cli.main import cli
from facevec.cli.reach import values
from facevec.cli.reach.meant import meant
from facevec.cli.session import Session
from facevec.client import NotUnderstood
from facevec.config import load
from facevec.errors import FacevecError
from facevec.logs import configure
from facevec.outcomes import OUTCOMES
from facevec.types import Scope, Worker
from facevec.web import create_app
from tests.cli.conftest import ADA, BOB, EVE, Run, save
from tests.toy import Someone, toy_networks

URL = "http://localhost"


@pytest.fixture
def app(toy_home: Path) -> Iterator[Flask]:
    """The service over the same home as the commands; its log goes where a service's goes."""
    configure("warning")
    app = create_app(load(toy_home, flags={"server.rate": "0"}), networks=toy_networks)
    assert app.extensions["facevec"].readiness.wait(60)
    yield app
    app.extensions["facevec"].readiness.stop()
    app.extensions["facevec"].app.close()


@pytest.fixture
def secret(app: Flask, tmp_path: Path) -> Callable[..., Path]:
    """A file with a key of these scopes."""

    def make(*scopes: Scope) -> Path:
        path = tmp_path / f"{'-'.join(scopes)}.key"
        path.write_text(app.extensions["facevec"].app.keys.create("test", scopes)[1], encoding="ascii")
        return path

    return make


@pytest.fixture
def ask(app: Flask, secret: Callable[..., Path]) -> Run:
    """Runs one command over the service, with an admin's key unless another is named."""
    admin = secret("admin", "scores")

    def invoke(*arguments: object, key: Path | None = admin, **options: str | bytes) -> Result:
        session = Session(transport=httpx.WSGITransport(app))
        words = ["--server", URL, *([] if key is None else ["--key-file", str(key)]), *map(str, arguments)]
        return CliRunner().invoke(cli, words, obj=session, **options)

    return invoke


@pytest.fixture
def party(tmp_path: Path) -> Path:
    return save(tmp_path, "party.jpg", Someone(ADA, 7), Someone(EVE, 7))


@pytest.fixture
def enrolled(run: Run, people: Path) -> None:
    assert run("worker", "import", people).exit_code == 0


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize(
    "words",
    [
        ["recognize", "PARTY"],
        ["recognize", "PARTY", "--json"],
        ["recognize", "PARTY", "MISSING", "BROKEN", "--json"],
        ["verify", "PARTY", "--worker", "Bob"],
        ["verify", "ADA", "--worker", "Ada Lovelace", "--json"],
        ["verify", "ADA", "EVE"],
        ["worker", "list"],
        ["worker", "list", "--json"],
        ["worker", "show", "bob"],
        ["worker", "show", "id:1", "--json"],
        ["worker", "show", "nobody"],
        ["worker", "rename", "nobody", "Somebody"],
        ["worker", "add", "Eve", "ADA", "NOFACE"],
        ["worker", "add-photos", "Bob", "ADA", "--json"],
        ["worker", "add", "Eve", "MISSING"],
    ],
    ids=" ".join,
)
def test_the_output_is_the_same(words: list[str], run: Run, ask: Run, tmp_path: Path, party: Path) -> None:
    pictures = {
        "PARTY": party,
        "ADA": save(tmp_path, "ada.jpg", Someone(ADA, 8)),
        "EVE": save(tmp_path, "eve.jpg", Someone(EVE, 8)),
        "NOFACE": save(tmp_path, "noface.jpg"),
        "MISSING": tmp_path / "missing.jpg",
        "BROKEN": tmp_path / "broken.jpg",
    }
    pictures["BROKEN"].write_bytes(b"broken")
    typed = [pictures.get(word, word) for word in words]
    here, there = run(*typed), ask(*typed)
    assert (there.exit_code, there.stdout) == (here.exit_code, here.stdout)


def test_somebody_is_enrolled_renamed_emptied_and_removed_over_a_service(
    run: Run, ask: Run, tmp_path: Path, party: Path
) -> None:
    photos = [save(tmp_path, f"ada{look}.jpg", Someone(ADA, look)) for look in range(3)]
    added = ask("worker", "add", "Ada", *photos[:2], "--external-id", "E-1", "--consent", "v1", "--json")
    assert added.exit_code == 0, added.output
    worker = json.loads(added.stdout)["worker"]
    assert (worker["external_id"], worker["consent"]["text_version"]) == ("E-1", "v1")
    assert ask("worker", "add-photos", "external:E-1", photos[2]).exit_code == 0
    assert ask("worker", "rename", "Ada", "Ada Lovelace").exit_code == 0
    assert "Ada Lovelace" in ask("recognize", party).stdout
    photo = json.loads(ask("worker", "show", "Ada Lovelace", "--json").stdout)["photos"][0]["id"]
    left = ask("worker", "remove-photo", "Ada Lovelace", f"id:{photo}", "--yes")
    assert "photos left: 2" in left.stdout
    removal = ask("worker", "remove", "Ada Lovelace", input="y\n")
    assert removal.exit_code == 0
    receipts = [receipt_in(said.stderr) for said in (left, removal)]
    assert [one["id"] for one in json.loads(run("erasure", "list", "--json").stdout)["receipts"]] == receipts
    for receipt in receipts:
        shown = ask("erasure", "show", receipt)
        assert json.loads(shown.stdout) == json.loads(run("erasure", "show", receipt).stdout)
    for nowhere in ("none", "1", "9" * 5000):
        assert ask("erasure", "show", nowhere).exit_code == OUTCOMES["receipt_not_found"].exit_code
    assert "Nobody is enrolled" in run("worker", "list").stderr


def receipt_in(said: str) -> str:
    (receipt,) = re.findall(r"Receipt (\d+):", said)
    return receipt


def imported(run: Run, *words: object) -> tuple[int, object]:
    """Exit code and answer of an import; moments and ids left out."""
    answer = run("worker", "import", *words, "--json")
    text = re.sub(r'"(id|created_at|given_at|worker_id)": [^\n]*', "", answer.stdout)
    return answer.exit_code, text


def test_an_import_over_a_service_tells_and_does_the_same(
    run: Run, ask: Run, app: Flask, people: Path, tmp_path: Path, toy_home: Path, monkeypatch
) -> None:
    save(people / "Cyd", "ada.jpg", Someone(ADA, 5))
    (people / "Nobody").mkdir()
    save(people, "loose.jpg", Someone(EVE))
    other = tmp_path / "other"
    for step in range(3):
        if step == 1:
            save(people / "Bob", "new.jpg", Someone(BOB, 9))
            shutil.copy(people / "Bob" / "0.jpg", people / "Bob" / "copy.jpg")
        monkeypatch.setenv("FACEVEC_HOME", str(other))
        here = imported(run, people, *(["--consent", "v1"] if step == 0 else []))
        monkeypatch.setenv("FACEVEC_HOME", str(toy_home))
        there = imported(ask, people, *(["--consent", "v1"] if step == 0 else []))
        assert there == here
        assert here[0] == 3


def test_an_import_over_a_service_records_the_consent_of_those_who_had_none(ask: Run, people: Path) -> None:
    assert ask("worker", "import", people).exit_code == 0
    assert ask("worker", "import", people, "--consent", "v1").exit_code == 0
    workers = json.loads(ask("worker", "list", "--json").stdout)["workers"]
    assert [worker["consent"]["text_version"] for worker in workers] == ["v1", "v1"]


@pytest.mark.usefixtures("enrolled")
def test_consents_and_texts_are_kept_over_a_service_as_here(run: Run, ask: Run, tmp_path: Path) -> None:
    name, text = "Ada Lovelace", tmp_path / "text.txt"
    text.write_text("You may\trecognise me" + ", Zo\u00eb" * 100 + ".\n", encoding="utf-8")
    assert ask("consent", "text", "add", "v1", text).exit_code == 0
    assert run("consent", "text", "show", "v1").stdout == text.read_text(encoding="utf-8")
    assert ask("worker", "consent", name, "v9").exit_code == 36
    assert ask("worker", "consent", name, "v1", "--emotion", "--expires", "2090-01-01").exit_code == 0
    assert ask("worker", "consent", name, "--withdraw").exit_code == 0
    for words in (
        ("consent", "text", "list"),
        ("consent", "text", "show", "v1"),
        ("consent", "list", name),
    ):
        assert json.loads(ask(*words, "--json").stdout) == json.loads(run(*words, "--json").stdout)
    entries = json.loads(run("consent", "list", name, "--json").stdout)["entries"]
    assert [(each["kind"], each["recorded_by"][:4]) for each in entries] == [
        ("recorded", "key:"), ("withdrawn", "key:"),
    ]  # fmt: skip
    assert entries[0]["purposes"] == ["identification", "emotion"]
    assert "2 entries; no faults" in run("consent", "verify").stdout


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_the_annotated_picture_is_the_same(
    suffix: str, run: Run, ask: Run, tmp_path: Path, party: Path
) -> None:
    here, there = tmp_path / f"here{suffix}", tmp_path / f"there{suffix}"
    assert run("recognize", party, "--annotate", here).exit_code == 0
    assert ask("recognize", party, "--annotate", there).exit_code == 0
    if suffix == ".jpg":
        assert there.read_bytes() == here.read_bytes()
    with Image.open(here) as ours, Image.open(there) as theirs:
        assert (theirs.size, theirs.format) == (ours.size, ours.format)


@pytest.mark.parametrize("words", [["doctor"], ["index", "status"], ["consent", "verify"], ["key", "list"]])
def test_what_is_about_this_machine_says_so(words: list[str], ask: Run) -> None:
    refused = ask(*words)
    assert refused.exit_code == 2
    assert "leave --server out" in refused.stderr


def test_what_is_a_setting_of_the_service_says_so(ask: Run, party: Path) -> None:
    assert "setting of the service" in ask("worker", "add", "Ada", party, "--keep-photos").stderr
    run = CliRunner().invoke(cli, ["--server", URL, "--set", "match.threshold=1", "worker", "list"])
    assert (run.exit_code, "settings of its own" in run.stderr) == (2, True)


@pytest.mark.usefixtures("enrolled")
def test_a_key_without_scores_is_told_that_distances_are_edges(
    ask: Run, secret: Callable[..., Path], tmp_path: Path
) -> None:
    one, other = (save(tmp_path, f"{who}.jpg", Someone(who, 8)) for who in (ADA, BOB))
    answer = ask("recognize", one, other, key=secret("recognize"))
    assert answer.stderr.count("edges of bands") == 1
    assert "edge of a band" in ask("verify", one, other, key=secret("recognize")).stderr
    assert "band" not in ask("verify", one, other).stderr


@pytest.mark.parametrize(
    ("scopes", "code", "exit_code"), [(None, "unauthorised", 102), (("recognize",), "forbidden", 102)]
)
def test_a_service_that_refuses_is_told_with_its_code(
    scopes: tuple[Scope, ...] | None, code: str, exit_code: int, ask: Run, secret: Callable[..., Path]
) -> None:
    refused = ask("worker", "list", "--json", key=secret(*scopes) if scopes else None)
    assert refused.exit_code == exit_code
    error = json.loads(refused.stdout)["error"]
    assert (error["code"], code in error["message"]) == ("service_denied", True)


def test_a_service_that_is_not_there_is_told_as_that() -> None:
    session = Session(transport=httpx.MockTransport(lambda _request: httpx.Response(200, text="hello")))
    answer = CliRunner().invoke(cli, ["--server", URL, "worker", "list"], obj=session)
    assert (answer.exit_code, "facevec does not" in answer.stderr) == (101, True)


def test_a_service_that_is_busy_is_waited_for_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("facevec.cli.reach.time.sleep", waits.append)
    busy = {"type": "t", "title": "t", "status": 503, "detail": "d", "code": "overloaded", "request_id": "r"}
    headers = {"Content-Type": "application/problem+json", "Retry-After": "7"}
    script = [
        httpx.Response(503, json=busy, headers=headers),
        httpx.Response(200, json={"workers": [], "next_cursor": None}),
    ]
    session = Session(transport=httpx.MockTransport(lambda _request: script.pop(0)))
    answer = CliRunner().invoke(cli, ["--server", URL, "worker", "list"], obj=session)
    assert (answer.exit_code, [round(wait) for wait in waits]) == (0, [7])
    assert "asking again in 7 s" in answer.stderr


@pytest.mark.parametrize(
    "address", ["faces", "ftp://faces", "http://", "http://a:b", "http://[", "https://a:0"]
)
def test_an_address_that_is_none_is_told_before_anything(address: str) -> None:
    answer = CliRunner().invoke(cli, ["--server", address, "worker", "list"])
    assert (answer.exit_code, "is no address" in answer.stderr) == (2, True)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    answer = CliRunner().invoke(cli, ["--server", "https://ann:hush@h.example", "worker", "list"])
    assert answer.exit_code == 2
    assert "no user and no password" in answer.output
    assert "hush" not in answer.output


@pytest.mark.parametrize(
    ("url", "readable"),
    [("http://faces.example.com", True), ("https://faces.example.com", False), (URL, False)],
)
def test_a_key_that_leaves_the_machine_in_clear_text_is_told(app: Flask, url: str, readable: bool) -> None:
    session = Session(transport=httpx.WSGITransport(app))
    answer = CliRunner().invoke(cli, ["--server", url, "worker", "list"], obj=session)
    assert ("in clear text" in answer.stderr) is readable


def test_a_key_that_no_header_carries_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEVEC_API_KEY", "hush hush")
    answer = CliRunner().invoke(cli, ["--server", URL, "worker", "list"])
    assert answer.exit_code == 10
    assert "hush" not in answer.output


class Newer(httpx.BaseTransport):
    """A service that decides what this facevec has no word for."""

    def __init__(self, app: Flask) -> None:
        self._service = httpx.WSGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._service.handle_request(request)
        return httpx.Response(answer.status_code, content=answer.read().replace(b'"unknown"', b'"masked"'))


def test_a_decision_that_only_a_newer_service_knows_is_refused_in_a_sentence(
    app: Flask, secret: Callable[..., Path], party: Path
) -> None:
    words = ["--server", URL, "--key-file", str(secret("recognize", "scores")), "recognize", str(party)]
    answer = CliRunner().invoke(cli, words, obj=Session(transport=Newer(app)))
    assert answer.exit_code == 101
    assert "another version" in " ".join(answer.stderr.split())


def test_a_state_of_a_review_that_only_a_newer_service_knows_is_refused_in_a_sentence() -> None:
    newer = SimpleNamespace(document={"id": 1, "state": "forwarded"})
    with pytest.raises(NotUnderstood, match="another version"):
        values.review(newer)  # type: ignore[arg-type]  # all else of it is not looked at


def test_the_key_comes_from_the_environment_or_a_file_as_local_header_is(
    app: Flask, secret: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed(*words: str) -> int:
        session = Session(transport=httpx.WSGITransport(app))
        return CliRunner().invoke(cli, ["--server", URL, *words, "worker", "list"], obj=session).exit_code

    key = secret("enrol").read_text(encoding="ascii")
    header = tmp_path / "header"
    header.write_text(f"Authorization: Bearer {key}\n", encoding="ascii")
    assert listed() == 102
    assert listed("--key-file", str(header)) == 0
    assert listed("--key-file", str(tmp_path / "none")) == 10
    monkeypatch.setenv("FACEVEC_API_KEY_FILE", str(header))
    assert listed() == 0
    monkeypatch.delenv("FACEVEC_API_KEY_FILE")
    monkeypatch.setenv("FACEVEC_API_KEY", key)
    assert listed() == 0
    header.write_text("two words", encoding="ascii")
    assert listed("--key-file", str(header)) == 10


KEYS = [
    *("1", "2", "3", "7", "9", "id:1", "id:01", "id: 2", "id:x", "external:e-1", "external:7", "name:7"),
    *("name:2", "ada", "bob", "cyd ode", "Cyd_Ode. ", "b", "", "name:", "0", "-1", "x:1"),
    *("id:07", "ID:07", "id:\u00b2", "\u00b2", "name:\u00b2", "id:0", "id:6", "6", "external:id:07"),
]
"""What somebody may write for a worker."""

CRYPTIC = ("id:\u00b2", "id:07")
"""The name and the external id of somebody, which look as if they said an id."""


def test_a_key_means_the_worker_that_it_means_on_this_machine(
    run: Run, toy_home: Path, tmp_path: Path
) -> None:
    from facevec.bootstrap import App

    who = iter(range(10, 30))
    for name, external in [
        ("Ada", "7"),
        ("Bob", None),
        ("2", None),
        ("Cyd_Ode", "E-1"),
        ("BOB", "b"),
        CRYPTIC,
    ]:
        photo = save(tmp_path, f"{name}.jpg", Someone(next(who), 1))
        words = [] if external is None else ["--external-id", external]
        run("worker", "add", name, photo, *words)
    with App(load(toy_home), networks=toy_networks) as app:
        workers = app.registry.list_workers()
        for key in KEYS:
            for certain in (False, True):
                there = outcome(meant, workers, key, certain=certain)
                assert there == outcome(app.registry.find_worker, key, certain=certain), (key, certain)


def outcome(find: Callable[..., Worker], *arguments: object, certain: bool) -> int | str:
    """The id of whom `find` finds, or the code of what it raises."""
    try:
        return find(*arguments, certain=certain).id
    except FacevecError as error:
        return error.code
