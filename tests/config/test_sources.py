"""The settings file: what is no settings file, and how text may be encoded."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from facevec.config import CONFIG_FILE, load
from facevec.errors import SettingsError
from tests.config.conftest import Write
from tests.entries import dangling, device, listening_socket, loop

OFF = "[emotion]\nenabled = false\n"


def refusal(home: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        load(home, {})
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_no_file_and_no_folder_are_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, {}).settings.emotion.enabled
    (tmp_path / "config").mkdir()
    assert load(tmp_path, {}).settings.emotion.enabled
    assert load(tmp_path / "none", {}).settings.emotion.enabled


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, listening_socket, device, dangling, loop])
def test_what_is_there_and_is_no_file_is_an_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "config").mkdir()
    make(tmp_path / CONFIG_FILE)
    assert str(tmp_path / CONFIG_FILE) in refusal(tmp_path)


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, dangling, loop])
def test_a_config_that_is_no_folder_is_an_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "config")
    assert str(tmp_path / "config") in refusal(tmp_path)


def test_a_file_behind_links_is_a_file(tmp_path: Path, write: Write) -> None:
    """As Kubernetes mounts a ConfigMap."""
    write(tmp_path / "..data", OFF)
    (tmp_path / "config").symlink_to(tmp_path / "..data" / "config")
    assert not load(tmp_path, {}).settings.emotion.enabled


def test_a_file_that_may_not_be_read_is_an_error(
    open_folder: Path, write: Write, nobody: Callable[[], None]
) -> None:
    path = write(open_folder, OFF)
    path.chmod(0)
    nobody()
    assert f"{path} cannot be read: Permission denied" in refusal(open_folder)


def test_a_folder_that_may_not_be_entered_is_an_error(
    open_folder: Path, write: Write, nobody: Callable[[], None]
) -> None:
    path = write(open_folder, OFF)
    path.parent.chmod(0)
    nobody()
    assert f"{path} cannot be looked at: Permission denied" in refusal(open_folder)


@pytest.mark.parametrize("text", ["[match", "threshold = 1", "match = 3"])
def test_a_file_that_is_no_settings_is_named(tmp_path: Path, write: Write, text: str) -> None:
    assert str(write(tmp_path, text)) in refusal(tmp_path)


@pytest.mark.parametrize("name", ["facevec.toml.txt", "Facevec.toml", "FACEVEC.TOML.TXT"])
def test_settings_under_nearly_the_right_name_are_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / name).write_text(OFF)
    assert "call it facevec.toml" in refusal(tmp_path)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path, write: Write) -> None:
    write(tmp_path, codecs.BOM_UTF8 + OFF.replace("\n", "\r\n").encode())
    assert not load(tmp_path, {}).settings.emotion.enabled


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_other_unicode_is_named(tmp_path: Path, write: Write, encoding: str, mark: str) -> None:
    write(tmp_path, (mark + OFF).encode(encoding))
    name = "UTF-32" if encoding == "utf-32" else "UTF-16"
    sentence = refusal(tmp_path)
    assert name in sentence
    assert "save it as UTF-8" in sentence


def test_an_ansi_file_is_told_in_which_line(tmp_path: Path, write: Write) -> None:
    write(tmp_path, "# ok\n# Müller\n".encode("cp1252"))
    assert re.search(r"not UTF-8 \(line 2\); save it as UTF-8", refusal(tmp_path))
