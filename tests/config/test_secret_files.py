"""A setting may stand in a file that a variable names, as containers are given secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from facevec.config import load
from facevec.errors import SettingsError
from tests.entries import posix, within

SECRET = "postgresql://facevec:hush@db/facevec"


def laid(folder: Path, text: str) -> str:
    file = folder / "secret"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_what_the_file_holds_is_the_value(tmp_path: Path, end: str) -> None:
    loaded = load(tmp_path, {"FACEVEC_REGISTRY__URL_FILE": laid(tmp_path, SECRET + end)})
    assert loaded.settings.registry.url == SECRET
    assert loaded.origins["registry.url"] == "FACEVEC_REGISTRY__URL_FILE"


def test_any_setting_can_come_so(tmp_path: Path) -> None:
    environ = {
        "FACEVEC_MATCH__THRESHOLD_FILE": laid(tmp_path, "0.7\n"),
        "FACEVEC_SERVER__TRUSTED_PROXIES_FILE": laid(tmp_path / "..", "10.0.0.0/8, 127.0.0.1"),
    }
    settings = load(tmp_path, environ).settings
    assert settings.match.threshold == 0.7
    assert settings.server.trusted_proxies == ("10.0.0.0/8", "127.0.0.1/32")


def test_a_setting_that_is_a_file_itself_is_still_its_path(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"FACEVEC_INTEGRITY__KEY_FILE": "/run/secrets/key"})
    assert loaded.settings.integrity.key_file == "/run/secrets/key"
    named = load(tmp_path, {"FACEVEC_INTEGRITY__KEY_FILE_FILE": laid(tmp_path, "/run/secrets/key")})
    assert named.settings.integrity.key_file == "/run/secrets/key"


def test_a_flag_wins_over_it(tmp_path: Path) -> None:
    loaded = load(tmp_path, {"FACEVEC_SERVER__PORT_FILE": laid(tmp_path, "8001")}, {"server.port": "8002"})
    assert loaded.settings.server.port == 8002


def refusal(home: Path, environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught, within(10):
        load(home, environ)
    return str(caught.value)


def test_both_ways_at_once_are_refused(tmp_path: Path) -> None:
    environ = {"FACEVEC_SERVER__PORT": "1", "FACEVEC_SERVER__PORT_FILE": laid(tmp_path, "2")}
    assert "are both set" in refusal(tmp_path, environ)


@pytest.mark.parametrize(
    ("name", "said"), [("secret", "write the path of the file whole"), ("/nowhere/secret", "cannot be read")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, said: str) -> None:
    sentence = refusal(tmp_path, {"FACEVEC_SERVER__PORT_FILE": name})
    assert said in sentence
    assert "FACEVEC_SERVER__PORT_FILE" in sentence


@pytest.mark.parametrize("content", ["", "\n", "\r\n"])
def test_an_empty_file_is_no_address_of_a_database(tmp_path: Path, content: str) -> None:
    assert "is empty" in refusal(tmp_path, {"FACEVEC_REGISTRY__URL_FILE": laid(tmp_path, content)})


@posix
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is a pipe" in refusal(tmp_path, {"FACEVEC_SERVER__PORT_FILE": str(tmp_path / "pipe")})


@pytest.mark.parametrize("content", ["hush, a word", "hush" * 20_000])
def test_what_it_holds_is_not_told(tmp_path: Path, content: str) -> None:
    sentence = refusal(tmp_path, {"FACEVEC_SERVER__PORT_FILE": laid(tmp_path, content)})
    assert "hush" not in sentence
    assert re.search("server.port is in the file|too long", sentence)


def test_a_misspelt_one_is_refused(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, {"FACEVEC_SERVER__PRT_FILE": "/etc/hostname"})
    assert "There is no setting FACEVEC_SERVER__PRT_FILE" in sentence
