"""Settings: layers, origins, refusals, and the file that documents them."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from facevec.config import CONFIG_FILE, Settings, home_folder, keys, load, models_folder, tomllib, value
from facevec.errors import SettingsError
from tests.conftest import ROOT

SETTING = re.compile(r"#(\w+) = ")


def write(home: Path, text: str) -> Path:
    path = home / CONFIG_FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    file = write(tmp_path, "[match]\nthreshold = 0.5\nmin_margin = 0.2\n[vision]\nthreads = 3\n")
    environ = {"FACEVEC_MATCH__THRESHOLD": "0.6", "FACEVEC_MATCH__MIN_MARGIN": "0.3"}
    loaded = load(tmp_path, environ, {"match.threshold": "0.7", "vision.engine": None})
    assert loaded.settings.match.threshold == 0.7
    assert loaded.settings.match.min_margin == 0.3
    assert loaded.settings.vision.threads == 3
    assert loaded.origins["match.threshold"] == "flag"
    assert loaded.origins["match.min_margin"] == "FACEVEC_MATCH__MIN_MARGIN"
    assert loaded.origins["vision.threads"] == str(file)
    assert loaded.origins["vision.engine"] == "default"


@pytest.mark.parametrize(("text", "meant"), [("false", False), ("0", False), ("true", True), ("yes", True)])
def test_words_for_booleans_mean_what_they_say(tmp_path: Path, text: str, meant: bool) -> None:
    assert load(tmp_path, {"FACEVEC_EMOTION__ENABLED": text}).settings.emotion.enabled is meant


@pytest.mark.parametrize(
    ("file", "environ", "flags", "said"),
    [
        ("[match]\ntreshold = 1", {}, {}, "match.threshold"),
        ("[matching]\nthreshold = 1", {}, {}, "match"),
        ("", {"FACEVEC_MATCH__TRESHOLD": "1"}, {}, "FACEVEC_MATCH__THRESHOLD"),
        ("", {"FACEVEC_MATCHES__THRESHOLD": "1"}, {}, "FACEVEC_MATCH__THRESHOLD"),
        ("", {"FACEVEC_EMOTION_ENABLED": "false"}, {}, "FACEVEC_EMOTION__ENABLED"),
        ("", {}, {"emotion.enable": "1"}, "emotion.enabled"),
    ],
)
def test_unknown_names_are_refused_and_the_nearest_is_named(
    tmp_path: Path, file: str, environ: dict[str, str], flags: dict[str, str], said: str
) -> None:
    write(tmp_path, file)
    with pytest.raises(SettingsError, match=re.escape(f"the nearest is {said}")):
        load(tmp_path, environ, flags)


@pytest.mark.parametrize(
    "setting",
    [
        {"FACEVEC_MATCH__THRESHOLD": "3"},
        {"FACEVEC_MATCH__THRESHOLD": "near"},
        {"FACEVEC_MATCH__VERIFY_THRESHOLD": "2.1"},
        {"FACEVEC_VISION__ENGINE": "abacus"},
        {"FACEVEC_EMOTION__ENABLED": "perhaps"},
    ],
)
def test_values_out_of_range_are_refused_by_name_and_origin(tmp_path: Path, setting: dict[str, str]) -> None:
    (variable,) = setting
    key = variable.removeprefix("FACEVEC_").lower().replace("__", ".")
    with pytest.raises(SettingsError, match=rf"{re.escape(key)} .*\({variable}\)"):
        load(tmp_path, setting)


@pytest.mark.parametrize("text", ["[match", "threshold = 1", "match = 3"])
def test_a_file_that_is_no_settings_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError, match=re.escape(str(path))):
        load(tmp_path, {})


def test_variables_of_other_purposes_are_left_alone(tmp_path: Path) -> None:
    load(tmp_path, {"FACEVEC_HOME": "x", "FACEVEC_MODELS": "y", "FACEVEC_TEST_DATA": "z"})


def test_home_is_the_folder_with_a_settings_file_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert home_folder({}) != tmp_path
    write(tmp_path, "")
    assert home_folder({}) == tmp_path
    assert home_folder({"FACEVEC_HOME": str(tmp_path / "other")}) == tmp_path / "other"
    assert models_folder({"FACEVEC_MODELS": str(tmp_path / "models")}) == tmp_path / "models"


def test_registry_and_index_lie_in_home_unless_set(tmp_path: Path) -> None:
    loaded = load(tmp_path, {})
    assert loaded.registry_url == f"sqlite:///{(tmp_path / 'facevec.db').as_posix()}"
    assert loaded.index_folder == tmp_path / "index"
    moved = load(
        tmp_path, {"FACEVEC_REGISTRY__URL": "postgresql://db/x", "FACEVEC_INDEX__FOLDER": "/srv/index"}
    )
    assert moved.registry_url == "postgresql://db/x"
    assert moved.index_folder == Path("/srv/index")


def test_the_file_holds_every_setting_with_its_default() -> None:
    text = (ROOT / CONFIG_FILE).read_text()
    tables = tomllib.loads(re.sub(SETTING, r"\1 = ", text))
    found = {f"{section}.{key}": item for section, table in tables.items() for key, item in table.items()}
    defaults = Settings()
    in_toml = {key: value(defaults, key) for key in keys()}
    assert found == {key: list(item) if isinstance(item, tuple) else item for key, item in in_toml.items()}
    assert tuple(found) == keys()


def test_every_setting_in_the_file_is_explained() -> None:
    lines = (ROOT / CONFIG_FILE).read_text().splitlines()
    bare = [line for before, line in pairwise(lines) if SETTING.match(line) and not before.startswith("# ")]
    assert bare == []
