"""`facevec models add` and `remove`, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facevec.cli.main import cli
from tests.drawn import portrait
from tests.vision.added.networks import SIDE, description, toy_file

NAME = "toy"
OPTIONS = [f"--{name}={value}" for name, value in description().items()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FACEVEC_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path))
    monkeypatch.setenv("FACEVEC_EMOTION__ENABLED", "false")
    return lambda *words: CliRunner().invoke(cli, [*map(str, words)])


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return toy_file(tmp_path)


def toml() -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in description().items())


def names(result: Result) -> list[str]:
    return [model["name"] for model in json.loads(result.stdout)["models"]]


def test_a_network_is_added_listed_verified_and_removed(run, network: Path):
    result = run("models", "add", network, "--as", NAME, *OPTIONS, "--json")
    assert result.exit_code == 0, result.stderr
    taken = json.loads(result.stdout)
    assert (taken["name"], taken["trust"], taken["dimension"]) == (NAME, "recorded when it was added", 128)
    assert taken["network"] == "a graph of its own"
    assert names(run("models", "list", "--json"))[-1] == NAME
    assert NAME in run("models", "list").stdout
    assert json.loads(run("models", "verify", NAME, "--json").stdout)["verified"] == {NAME: taken["sha256"]}
    assert json.loads(run("models", "remove", NAME, "--json").stdout) == {"removed": NAME}
    assert NAME not in names(run("models", "list", "--json"))
    assert run("models", "remove", NAME).exit_code == 51


@pytest.mark.parametrize("where", ["net.onnx.toml", "elsewhere.toml"])
def test_the_description_lies_beside_the_file_or_is_named(run, network: Path, where: str):
    path = network.parent / where
    path.write_text(toml() + "[distances]\nmatch = 0.5\n")
    words = () if where.startswith(network.name) else ("--description", path)
    result = run("models", "add", network, "--as", NAME, *words)
    assert result.exit_code == 0, result.stderr
    assert "those you say others published" in result.stderr


def test_options_count_before_the_file(run, network: Path):
    Path(f"{network}.toml").write_text(toml().replace(f"size = {SIDE}", "size = 128"))
    result = run("models", "add", network, "--as", NAME, "--size", SIDE)
    assert result.exit_code == 0, result.stderr
    assert "assumed, and narrow" in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (OPTIONS[1:], "The description lacks size; say it with --size"),
        ([*OPTIONS, "--length=512"], "not a vector of 512 numbers"),
        ([*OPTIONS, "--output=boxes"], "it has vectors"),
    ],
)
def test_one_that_is_refused_is_a_sentence_and_an_exit_code(run, network: Path, words, sentence: str):
    result = run("models", "add", network, "--as", NAME, *words)
    assert result.exit_code == 56
    assert sentence in result.stderr
    assert result.stdout == ""
    assert not (network.parent / "models").exists()


def test_what_is_missing_is_asked_for_at_a_terminal(run, network: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("facevec.cli.added_models._is_asked", lambda: True)
    answers = [str(value) for name, value in description().items() if name != "margin"]
    result = CliRunner().invoke(
        cli, ["models", "add", str(network), "--as", NAME], input="\n".join(answers) + "\n"
    )
    assert result.exit_code == 0, result.stderr
    assert "Order of the colours" in result.stderr


def test_a_registry_works_with_it_and_keeps_it_from_being_removed(run, network: Path, monkeypatch):
    monkeypatch.setenv("FACEVEC_VISION__EMBEDDING_MODEL", NAME)
    assert run("models", "add", network, "--as", NAME, *OPTIONS).exit_code == 0
    photos = [network.parent / f"{shot}.png" for shot in range(2)]
    for shot, photo in enumerate(photos):
        photo.write_bytes(portrait(50, shot))
    result = run("worker", "add", "Ana", *photos)
    assert result.exit_code == 0, result.stderr
    recognized = json.loads(run("recognize", photos[0], "--json").stdout)
    assert recognized["images"][0]["faces"][0]["worker"]["name"] == "Ana"
    assert "are assumed and were never measured here" in run("config", "show").stdout
    result = run("models", "remove", NAME)
    assert result.exit_code == 56
    assert "The registry of this FACEVEC_HOME works with toy" in result.stderr
    assert run("models", "verify", NAME).exit_code == 0
