"""The command line over a toy vision and a registry in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

from facevec.cli.main import cli
from facevec.cli.session import Session
from facevec.errors import OutputUnwritable
from facevec.networks import NetworksOf
from tests.registry.conftest import postgres_database, postgres_url  # noqa: F401  # for those who ask for them
from tests.toy import Someone, picture, toy_networks

Run = Callable[..., Result]

ADA, BOB, EVE = 1, 2, 3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own folder is FACEVEC_HOME."""
    monkeypatch.setenv("FACEVEC_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def keys_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the master keys lie: beside the home, not in it."""
    folder = tmp_path / "master-keys"
    monkeypatch.setenv("FACEVEC_KEYS__FOLDER", str(folder))
    return folder


@pytest.fixture
def toy_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FACEVEC_HOME in which recognition needs no network: pictures spell who is in them."""
    home = tmp_path / "home"
    monkeypatch.setenv("FACEVEC_HOME", str(home))
    return home


@pytest.fixture
def run(toy_home: Path) -> Run:
    """Runs one command; `networks` see instead of the toy's."""

    def invoke(*arguments: object, networks: NetworksOf = toy_networks, **options: str | bytes) -> Result:
        session = Session(networks=networks)
        return CliRunner().invoke(cli, [str(argument) for argument in arguments], obj=session, **options)

    return invoke


def names(run: Run) -> list[str]:
    """Of everybody who is enrolled."""
    return [worker["name"] for worker in json.loads(run("worker", "list", "--json").stdout)["workers"]]


def run_out_of_disk(path: Path, _data: bytes) -> NoReturn:
    """As `write_whole` where the disk is full."""
    raise OutputUnwritable(f"{path} cannot be written: No space left on device.")


def imported_home(folder: Path, *options: str, networks: NetworksOf = toy_networks) -> Path:
    """A home in `folder` where everybody of its folder `people` is enrolled; to be copied, not used."""
    words = ["--home", str(folder / "home"), "worker", "import", str(folder / "people"), *options]
    result = CliRunner().invoke(cli, words, obj=Session(networks=networks))
    assert result.exit_code == 0, result.output
    return folder / "home"


def save(folder: Path, name: str, *people: Someone) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(picture(*people))
    return path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    for look in range(3):
        save(folder / "Ada_Lovelace", f"{look}.jpg", Someone(ADA, look))
        save(folder / "Bob", f"{look}.jpg", Someone(BOB, look))
    return folder
