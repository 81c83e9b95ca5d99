"""Home and models: where they lie, and what is in the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from facevec.config import CONFIG_FILE, home_folder, load, models_folder
from facevec.errors import SettingsError
from tests.config.conftest import Write
from tests.entries import dangling, loop


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's data folder, and the current folder another."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "data" / "facevec"


def test_home_is_the_folder_with_a_settings_file_unless_said_otherwise(
    elsewhere: Path, write: Write, tmp_path: Path
) -> None:
    assert home_folder({}) == elsewhere
    here = Path.cwd()
    write(here, "")
    assert home_folder({}) == here
    assert home_folder({"FACEVEC_HOME": str(tmp_path / "other")}) == tmp_path / "other"
    assert models_folder({"FACEVEC_MODELS": str(tmp_path / "models")}) == tmp_path / "models"


@pytest.mark.parametrize(
    ("what", "make"),
    [
        (CONFIG_FILE, Path.mkdir),
        (CONFIG_FILE, os.mkfifo),
        (CONFIG_FILE, dangling),
        (CONFIG_FILE, loop),
        (CONFIG_FILE.parent, os.mkfifo),
        (CONFIG_FILE.parent, dangling),
        (CONFIG_FILE.parent, loop),
    ],
)
def test_a_current_folder_whose_settings_cannot_be_read_is_not_passed_over(
    elsewhere: Path, what: Path, make: Callable[[Path], None]
) -> None:
    what.parent.mkdir(exist_ok=True)
    make(what)
    with pytest.raises(SettingsError, match=str(Path.cwd())):
        load(environ={})


def test_a_file_called_config_in_the_current_folder_is_somebody_elses(elsewhere: Path) -> None:
    Path("config").touch()
    assert home_folder({}) == elsewhere


def test_an_empty_folder_config_makes_no_home(elsewhere: Path) -> None:
    Path("config").mkdir()
    assert home_folder({}) == elsewhere


def test_a_current_folder_that_is_gone_makes_no_home(elsewhere: Path) -> None:
    Path.cwd().rmdir()
    assert home_folder({}) == elsewhere
    with pytest.raises(SettingsError, match="is gone"):
        home_folder({"FACEVEC_HOME": "x"})


@pytest.mark.parametrize("variable", ["FACEVEC_HOME", "FACEVEC_MODELS"])
@pytest.mark.parametrize(
    "make",
    [Path.touch, os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to(path)],
)
def test_what_is_there_and_is_no_folder_is_an_error(
    tmp_path: Path, variable: str, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "x")
    environ = {"FACEVEC_HOME": str(tmp_path)}
    for path in (tmp_path / "x", tmp_path / "x" / "below"):
        with pytest.raises(SettingsError, match=str(tmp_path / "x")):
            load(environ={**environ, variable: str(path)})


def test_the_platforms_own_folders_are_looked_at_too(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.parent.mkdir()
    elsewhere.touch()
    with pytest.raises(SettingsError, match="name a folder"):
        home_folder({})
    monkeypatch.setenv("XDG_CACHE_HOME", str(elsewhere))
    with pytest.raises(SettingsError, match="a file where a folder should be"):
        models_folder({})


def test_a_home_that_may_not_be_entered_is_an_error(open_folder: Path, nobody: Callable[[], None]) -> None:
    home = open_folder / "home"
    home.mkdir(mode=0)
    nobody()
    with pytest.raises(SettingsError, match="Permission denied"):
        load(home, {})


def test_a_home_behind_a_link_is_where_the_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert home_folder({"FACEVEC_HOME": str(tmp_path / "link")}) == tmp_path / "real"


@pytest.mark.parametrize("home", ["~", "~/x"])
def test_a_tilde_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home_folder({"FACEVEC_HOME": home}) == tmp_path / home[2:]


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(SettingsError, match="not known here"):
        home_folder({"FACEVEC_HOME": "~nobody-by-this-name"})
