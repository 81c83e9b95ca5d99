"""Files that are whole and on the disk, or not there."""

import os
import stat
from pathlib import Path

import pytest

from facevec import files

SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""FIPS 180-4's example."""


def write_half(path: Path) -> None:
    path.write_text("half")
    raise OSError("the disk is full")


def test_a_file_is_replaced_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with files.replacing(path) as successor:
        successor.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), files.replacing(path) as successor:
        write_half(successor)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["n" * 255, "\U0001f600" * 63, os.fsdecode(b"\xe9" * 255)])
def test_the_longest_name_a_folder_takes_can_be_replaced(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with files.replacing(path) as successor:
        successor.write_text("new")
    assert path.read_text() == "new"


def test_a_name_that_fits_is_kept_whole(tmp_path: Path) -> None:
    assert files.fitting(tmp_path, "é" * 125, "-1.jp") == tmp_path / ("é" * 125 + "-1.jp")


def test_a_name_that_is_too_long_is_cut_between_characters_and_told_from_others(tmp_path: Path) -> None:
    stems = ["\U0001f600" * 63, "\U0001f600" * 62 + "é", "n" * 252, "n" * 251 + "m", "n" * 300]
    names = [files.fitting(tmp_path / "new", stem, "-1.jpg").name for stem in stems]
    assert len(set(names)) == len(names)
    for stem, name in zip(stems, names, strict=True):
        assert 250 <= len(os.fsencode(name)) <= 255
        assert name.endswith("-1.jpg")
        assert stem.startswith(name[: name.index("~")])


def test_a_file_system_that_takes_shorter_names_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.pathconf", lambda _path, _name: 143)  # eCryptfs
    assert len(files.fitting(tmp_path, "n" * 200, ".png").name) == 143


def test_what_a_process_that_died_left_is_told_from_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a[b]"
    (tmp_path / ".ab-file").write_text("somebody's")
    with files.replacing(path) as successor:
        successor.write_text("half")
        assert list(files.leftovers(path)) == [successor]
    assert list(files.leftovers(path)) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_written_is_its_owners_alone_or_read_by_all_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with files.replacing(tmp_path / "shared", mode=files.READ_BY_ALL) as successor:
            successor.write_text("")
        with files.replacing(tmp_path / "own") as successor:
            successor.write_text("")
        with files.creating(tmp_path / "new") as file:
            file.write(b"")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"shared": 0o644, "own": 0o600, "new": 0o600}


def test_a_new_file_takes_the_place_of_none(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(FileExistsError), files.creating(path):
        pass
    assert path.read_text() == "old"


def test_the_digest_is_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert files.sha256_of(path) == SHA256_OF_ABC


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (40_960, "41 kB"),
        (999_999, "1000 kB"),
        (1_500_000, "1.5 MB"),
        (32_000_000, "32 MB"),
    ],
)
def test_a_small_size_is_never_said_to_be_nothing(count: int, words: str) -> None:
    assert files.size_in_words(count) == words
