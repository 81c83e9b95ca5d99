"""The examples, run against a service of toy people; for Node-RED and Home Assistant, their parts are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from facevec.registry.local_key import FILE
from facevec.web.openapi import document
from tests.local import LOCAL
from tests.web.pictures import FLAGS, group, nobody, portrait
from tests.web.server import Running, environment, run, running

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home, and beside it a folder with two people and a picture of one of them with a stranger."""
    folder = tmp_path_factory.mktemp("examples")
    for who, name in enumerate(("Ada_Lovelace", "Bob")):
        photos = folder / "people" / name
        photos.mkdir(parents=True)
        for shot in (1, 2):
            (photos / f"{shot}.png").write_bytes(portrait(who, shot))
    for shot in (1, 2):
        (folder / f"cyd {shot}.png").write_bytes(portrait(3, shot))
    (folder / "party.png").write_bytes(group(0, 7))
    (folder / "nobody.png").write_bytes(nobody())
    (folder / "broken.png").write_bytes(b"broken")
    return folder


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[Running]:
    with running(place / "home", FLAGS) as server:
        run(place / "home", "worker", "import", str(place / "people"))
        yield server


@pytest.fixture
def go(server: Running, place: Path) -> Any:
    """Runs a program of the examples in the folder with the pictures."""
    header = place / "home" / FILE
    key = LOCAL.split()[-1]

    def start(*words: str) -> subprocess.CompletedProcess[str]:
        if shutil.which(words[0]) is None:
            pytest.skip(f"no {words[0]}")
        variables = {
            "FACEVEC_SERVICE": server.url,
            "FACEVEC_API_KEY_FILE": str(header),
            "FACEVEC_API_KEY": key,
            "PYTHONPATH": str(ROOT / "clients" / "python"),
        }
        return subprocess.run(
            words,
            cwd=place,
            env={**environment(), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start


def test_curl_recognizes_and_draws(go, place: Path) -> None:
    answer = go("sh", str(EXAMPLES / "curl" / "recognize.sh"), "party.png", "out.jpg")
    faces = json.loads(answer.stdout)["images"][0]["faces"]
    assert sorted(face["status"] for face in faces) == ["identified", "unknown"]
    assert (place / "out.jpg").read_bytes().startswith(b"\xff\xd8")


def test_curl_enrols_and_may_be_repeated(go) -> None:
    words = ("sh", str(EXAMPLES / "curl" / "enrol.sh"), "E-3", "Cyd Ode", "cyd 1.png", "cyd 2.png")
    accepted = []
    for _ in range(2):
        accepted.append(json.loads(go(*words).stdout)["accepted"])
    assert accepted == [["cyd 1.png", "cyd 2.png"], []]


@pytest.mark.parametrize(
    "words",
    [
        (sys.executable, str(EXAMPLES / "python" / "recognize.py")),
        ("node", str(EXAMPLES / "javascript" / "recognize.mjs")),
    ],
    ids=["python", "node"],
)
def test_python_and_node_name_who_is_in_a_picture(words: tuple[str, ...], go) -> None:
    answer = go(*words, "party.png")
    assert sorted(answer.stdout.replace("\t", " ").splitlines()) == [
        "party.png identified Ada Lovelace",
        "party.png unknown -",
    ], answer.stderr
    broken = go(*words, "broken.png")
    assert (broken.returncode, "not_an_image" in broken.stderr) == (1, True)


def test_python_enrols_a_folder_and_may_be_repeated(go, place: Path) -> None:
    folder = place / "more" / "Dan_Roe"
    folder.mkdir(parents=True)
    for shot in (1, 2):
        (folder / f"{shot}.png").write_bytes(portrait(5, shot))
    empty = place / "more" / "No_One"
    empty.mkdir()
    shutil.copy(place / "nobody.png", empty)
    program = str(EXAMPLES / "python" / "enrol_folder.py")
    first, again = (go(sys.executable, program, "more").stdout.splitlines() for _ in range(2))
    assert first == ["Dan Roe\t2 photos", "No One\tnot enrolled\tnobody.png: no_face"]
    assert again[0] == "Dan Roe\t0 photos"


def flow() -> dict[str, dict[str, Any]]:
    nodes = json.loads((EXAMPLES / "node-red" / "flow.json").read_text(encoding="utf-8"))
    return {node["id"]: node for node in nodes}


def function(name: str, message: dict[str, Any], go) -> Any:
    """What a function node makes of a message, as Node-RED runs it."""
    body = next(node["func"] for node in flow().values() if node.get("name") == name)
    program = (
        f"const msg = {json.dumps(message)}; const env = {{get: (name) => process.env[name]}};"
        f"console.log(JSON.stringify((function (msg, env) {{{body}}})(msg, env)));"
    )
    return json.loads(go("node", "-e", program).stdout)


def test_every_wire_of_the_flow_leads_to_a_node() -> None:
    nodes = flow()
    wires = [end for node in nodes.values() for output in node.get("wires", []) for end in output]
    assert len(wires) == 6
    assert set(wires) <= set(nodes)
    assert all(node.get("z", "facevec-tab") == "facevec-tab" for node in nodes.values())


def test_the_flow_sends_a_form_that_the_service_takes_and_understands_its_answer(
    go, server: Running, place: Path
) -> None:
    asking = next(node for node in flow().values() if node["type"] == "http request")
    url = asking["url"].replace("${FACEVEC_SERVICE}", "")
    assert asking["method"].lower() in document()["paths"][url]
    sent = function("as a form", {"payload": "bytes"}, go)
    parts = {name for name in sent["payload"] if name != "file"}
    assert parts <= set(document()["components"]["schemas"]["RecognizeForm"]["properties"])
    assert sent["payload"]["file"]["options"]["filename"]
    answer = json.loads(go("sh", str(EXAMPLES / "curl" / "recognize.sh"), "party.png").stdout)
    named, _ = function("who it is", {"statusCode": 200, "payload": answer}, go)
    assert named["payload"] == {"names": ["Ada Lovelace"], "strangers": 1}
    _, trouble = function("who it is", {"statusCode": 415, "payload": {"code": "x", "detail": "y"}}, go)
    assert trouble["payload"]["code"] == "x"


class Package(yaml.SafeLoader):
    """YAML as Home Assistant reads it."""


Package.add_constructor("!secret", lambda loader, node: f"secret:{loader.construct_scalar(node)}")


@pytest.fixture
def package() -> dict[str, Any]:
    return yaml.load((EXAMPLES / "home-assistant" / "facevec.yaml").read_text(encoding="utf-8"), Package)


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def test_home_assistant_asks_for_what_there_is(package: dict[str, Any]) -> None:
    asked = {path for text in strings(package) for path in re.findall(r"faces\.example\.com(/\S+)", text)}
    known = set(document()["paths"])
    assert {re.sub(r"\{\{ (\w+) \}\}", r"{\1}", path) for path in map(joined, asked)} <= known
    texts = list(strings(package))
    assert sum(text == "secret:facevec_authorization" for text in texts) == 1
    rename = document()["paths"]["/api/v1/workers/{worker_id}"]["patch"]
    assert "`admin`" in rename["description"]
    renaming = package["rest_command"]["facevec_rename"]["headers"]["Authorization"]
    assert renaming == "secret:facevec_admin"


def test_home_assistant_keeps_the_picture_where_it_is_shown_after_a_login_alone(
    package: dict[str, Any],
) -> None:
    actions = package["automation"][0]["actions"]
    (picture,) = (action["data"]["filename"] for action in actions if "filename" in action.get("data", {}))
    assert picture.startswith("/media/")
    assert f"file=@{picture} " in package["shell_command"]["facevec_recognize"]


def joined(path: str) -> str:
    """A path whose template was cut at its first space."""
    return "/api/v1/workers/{worker_id}" if path.endswith("{{") else path


def test_home_assistant_says_who_is_at_the_door(package: dict[str, Any], go) -> None:
    answer = go("sh", str(EXAMPLES / "curl" / "recognize.sh"), "party.png")
    jinja = Environment(autoescape=False)
    jinja.filters["from_json"] = json.loads
    jinja.filters["to_json"] = json.dumps
    actions = package["automation"][0]["actions"]
    variables = next(action["variables"] for action in actions if "variables" in action)
    said = {"answer": {"stdout": answer.stdout, "returncode": 0}}
    said["faces"] = jinja.compile_expression(variables["faces"].strip("{} "))(**said)
    said["names"] = jinja.from_string(variables["names"]).render(**said)
    message = next(action["data"]["message"] for action in actions if "message" in action.get("data", {}))
    assert jinja.from_string(message).render(**said) == "Ada Lovelace at the door"
    nobody_there = {"names": jinja.from_string(variables["names"]).render(faces=[])}
    assert "does not know" in jinja.from_string(message).render(**nobody_there)
    payload = package["rest_command"]["facevec_rename"]["payload"]
    assert json.loads(jinja.from_string(payload).render(name="Ada")) == {"name": "Ada"}
