"""Names of files that mean to steer the terminal or to forge a line, and folders that lead elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facevec.cli.emotion_samples import samples
from facevec.cli.main import cli
from facevec.cli.session import Session
from facevec.outcomes import PARTIAL_EXIT_CODE
from tests.parts import decoder
from tests.toy import Someone, picture, toy_networks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such names there")

FORGED, LAST = "Error: everything is fine", "xenophon"
EVIL = f"\x1b[2J\x1b]0;owned\x07\r\n{FORGED}\x9b31m\u202egnp.\u2028{LAST}"
"""Without a slash: clears the screen, sets the title, forges a line, colours, turns the direction."""


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command on the toy vision."""
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path / "home"))

    def invoke(*words: object) -> Result:
        return CliRunner().invoke(cli, [str(word) for word in words], obj=Session(networks=toy_networks))

    return invoke


def save(path: Path, *people: Someone) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(*people))
    return path


def require_tame(text: str) -> None:
    assert not [line for line in text.splitlines() if line.strip(" │").startswith((FORGED, LAST))], text
    assert not [c for c in text if not c.isprintable() and c != "\n"], ascii(text)


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder of people and pictures, each with an evil name, some of them unusable."""
    folder = tmp_path / EVIL
    save(folder / f"Ann{EVIL}" / f"1{EVIL}.png", Someone(1))
    (folder / f"Ann{EVIL}" / f"no{EVIL}.jpg").write_bytes(b"no picture")
    save(folder / "Bob" / f"1{EVIL}.png", Someone(2))
    save(folder / "Bob" / f"inner{EVIL}" / "1.png", Someone(2))
    save(folder / f"loose{EVIL}.png", Someone(3))
    (folder / f"side{EVIL}.xmp").write_text("a sidecar")
    (folder / f"link{EVIL}").symlink_to(tmp_path)
    (folder / f"nowhere{EVIL}.png").symlink_to(tmp_path / "nowhere")
    return folder


@pytest.mark.parametrize(
    "words",
    [
        ["worker", "import", "."],
        ["worker", "add", "Ann", f"loose{EVIL}.png"],
        ["worker", "add", "Ann", f"no{EVIL}"],
        ["worker", "add", EVIL, f"loose{EVIL}.png"],
        ["worker", "show", EVIL],
        ["worker", "import", f"nothing{EVIL}"],
        ["recognize", f"loose{EVIL}.png"],
        ["recognize", f"loose{EVIL}.png", f"nothing{EVIL}", "--out", f"out{EVIL}"],
        ["recognize", f"side{EVIL}.xmp"],
        ["crop", ".", f"../out{EVIL}"],
        ["crop", ".", f"out{EVIL}"],
        ["evaluate", "."],
        ["evaluate", f"nothing{EVIL}"],
        ["calibrate", "--strangers", f"nothing{EVIL}"],
        ["evaluate-emotion", "."],
        ["models", "import", f"side{EVIL}.xmp"],
        ["models", "import", f"nothing{EVIL}"],
        ["key", "create", EVIL, "--scope", "recognize"],
        ["--home", f"home{EVIL}", "config", "show"],
        ["--set", f"match.threshold={EVIL}", "config", "show"],
        ["--set", f"registry.url=sqlite:///no{EVIL}/x.db", "worker", "list"],
    ],
    ids=lambda words: " ".join(word.split("\x1b")[0] for word in words),
)  # fmt: skip
def test_no_name_steers_the_terminal(run: Run, evil: Path, monkeypatch, words: list[str]) -> None:
    monkeypatch.chdir(evil)
    outcome = run(*words)
    require_tame(outcome.stdout)
    require_tame(outcome.stderr)


def test_programs_are_told_the_name_as_it_is(run: Run, evil: Path) -> None:
    path = str(evil / f"loose{EVIL}.png")
    outcome = run("recognize", path, "--json")
    assert json.loads(outcome.stdout)["images"][0]["path"] == path
    assert "\x1b" not in outcome.stdout


@pytest.fixture
def leading_out(tmp_path: Path) -> Path:
    """Folders of people in which links lead to somebody else's photos, and round in a circle."""
    for number in range(3):
        save(tmp_path / "private" / "Evangeline" / f"{number}.png", Someone(9, number))
        save(tmp_path / "people" / "Ann" / f"{number}.png", Someone(1, number))
    people = tmp_path / "people"
    (people / "Mallory").symlink_to(tmp_path / "private" / "Evangeline")
    (people / "all").symlink_to(tmp_path / "private")
    (people / "Ann" / "more").symlink_to(tmp_path / "private" / "Evangeline")
    (people / "Ann" / "round").symlink_to("..")
    return people


@pytest.mark.parametrize("command", ["worker import", "evaluate", "crop"])
def test_no_link_to_a_folder_is_followed_and_each_is_said_once(
    run: Run, leading_out: Path, command: str
) -> None:
    if command == "evaluate":  # which needs more people
        for who in range(2, 12):
            save(leading_out / f"p{who}" / "1.png", Someone(who))
            save(leading_out / f"p{who % 4}" / "2.png", Someone(who, 2))
    out = [leading_out.parent / "out"] if command == "crop" else []
    outcome = run(*command.split(), leading_out, *out, "--json")
    said = outcome.stdout + outcome.stderr
    assert "Evangeline" not in said
    for name in ("Mallory", "all", "more", "round"):
        assert said.count(f"{name} is a link to a folder") == 1, said
    assert not list(leading_out.parent.glob("out/**/more*"))
    if command == "worker import":
        assert outcome.exit_code == PARTIAL_EXIT_CODE
        assert [each["name"] for each in json.loads(run("worker", "list", "--json").stdout)["workers"]] == [
            "Ann"
        ]


def test_no_link_is_followed_to_an_emotion(leading_out: Path) -> None:
    (leading_out / "Ann").rename(leading_out / "anger")
    (leading_out / "sad").symlink_to(leading_out.parent / "private" / "Evangeline")
    labelled = samples(leading_out, decoder(), 100_000)
    assert {face.emotion for face in labelled.faces} == {"anger"}
    assert labelled.count == 3
    assert {Path(refusal.source).name for refusal in labelled.refused} == {
        "Mallory",
        "all",
        "more",
        "round",
        "sad",
    }
