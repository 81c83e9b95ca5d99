"""Whoever changed a backup or an archive, and whatever they put in it, is told so in a sentence."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from facevec.backups.people import write_archive
from facevec.backups.people_reading import MANIFEST, opened_archive
from facevec.backups.sealed import Reader
from facevec.errors import BackupUnusable, FileTooLarge
from facevec.registry.records import SqlRecords
from tests.backups.mutations import Archives, Backups, campaign, filled


def test_what_somebody_changed_is_taken_or_told_and_never_half_written() -> None:
    """By hand thousands are tried: see `mutations`."""
    for kind, count in ((Archives, 30), (Backups, 2)):
        outcomes = campaign(kind, count)
        assert set(outcomes) <= {"taken", "backup_unusable"}, outcomes
        assert outcomes["backup_unusable"] > outcomes["taken"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Of Ana and Ben."""
    registry = filled(tmp_path)
    records = SqlRecords(registry._engine)
    path = tmp_path / "people.zip"
    write_archive(path, [records.record(1), records.record(2)], model="model-a", contract="contract-a")
    return path


def read_whole(path: Path) -> None:
    with opened_archive(path, None) as archive:
        archive.require_all()
        for folder in archive.manifest.folders:
            archive.record(folder)


def refusal(path: Path) -> str:
    with pytest.raises(BackupUnusable) as caught:
        read_whole(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "manifest", [[], None, "x", {"format": 1}, {"format": 2}, {"format": "1"}, {"format": 1, "folders": {}}]
)
def test_a_manifest_that_is_none_is_told(tmp_path: Path, manifest: object) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(MANIFEST, json.dumps(manifest))
    assert "no whole archive" in refusal(tmp_path / "a.zip") or manifest == {"format": 2}


def test_a_password_and_a_broken_stream_are_told(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    under_a_password = bytearray(whole)
    for start in (b"PK\x03\x04", b"PK\x01\x02"):
        place = -1
        while (place := whole.find(start, place + 1)) >= 0:
            under_a_password[place + (6 if start.endswith(b"\x04") else 8)] |= 1
    archive.write_bytes(under_a_password)
    assert "packed with a password" in refusal(archive)
    with zipfile.ZipFile(tmp_path / "deflated.zip", "w", zipfile.ZIP_DEFLATED) as deflated:
        deflated.writestr(MANIFEST, "{" + " " * 1000)
    broken = bytearray((tmp_path / "deflated.zip").read_bytes())
    broken[30 + len(MANIFEST)] ^= 0xFF
    (tmp_path / "deflated.zip").write_bytes(broken)
    assert "no whole archive" in refusal(tmp_path / "deflated.zip")


@pytest.mark.parametrize(
    ("name", "value"),
    [("key_check", 5), ("key_check", "é"), ("made_at", "2026-01-01T00:00:00"), ("salt", None), ("kind", [])],
)
def test_a_header_that_is_none_is_told(tmp_path: Path, name: str, value: object) -> None:
    from facevec.backups.sealed import SecretKey, Writer

    path = tmp_path / "b"
    with path.open("wb") as file:
        Writer(file, "backup", SecretKey(b"0" * 32, "a test")).add(b"x", last=True)
    magic, header, rest = path.read_bytes().split(b"\n", 2)
    document = json.dumps({**json.loads(header), name: value}).encode()
    path.write_bytes(b"\n".join((magic, document, rest)))
    with path.open("rb") as file, pytest.raises(BackupUnusable, match="damaged at its beginning"):
        Reader(file, "b")


def test_a_photo_of_any_size_can_be_exported(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_archive(archive, None) as opened:
        ana = opened.record("workers/000001")
    pixels = bytes(5000)
    photo = replace(ana.photos[1].photo, sha256=sha256(pixels).hexdigest())
    large = replace(ana.photos[1], photo=photo, pixels=pixels)
    monkeypatch.setattr("facevec.backups.people_reading.LARGEST_DOCUMENT", 4000)
    write_archive(tmp_path / "large.zip", [replace(ana, photos=(large,))], model=None, contract=None)
    with opened_archive(tmp_path / "large.zip", None) as opened:
        assert opened.record("workers/000001", 5000).photos[0].pixels == pixels
        with pytest.raises(FileTooLarge, match="max_file_bytes is 4999"):
            opened.record("workers/000001", 4999)
