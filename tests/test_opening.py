"""Nothing is opened that is no file: a pipe would wait for a writer, a device never end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facevec.files import open_file
from tests.entries import ODD, pipe, posix, within


def test_a_file_is_read_through_links_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with open_file(tmp_path / name) as file:
            assert file.read() == b"content"


def test_a_folder_says_that_it_is_one(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)


@posix
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pipe.jpg", "it is a pipe, not a file"),
        ("socket.jpg", "it is a socket, not a file"),
        ("device.jpg", "it is a device, not a file"),
        ("loop.jpg", "levels of symbolic links"),
        ("dangling.jpg", "No such file"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, name: str, said: str) -> None:
    ODD[name](tmp_path / name)
    with within(10), pytest.raises(OSError, match=said):
        open_file(tmp_path / name)


@posix
def test_a_pipe_that_takes_the_place_of_a_file_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    pipe(tmp_path / "pipe")
    before = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda _path: before)
    closed: list[int] = []
    close = os.close
    monkeypatch.setattr(os, "close", lambda descriptor: (closed.append(descriptor), close(descriptor)))
    with within(10), pytest.raises(OSError, match="it is a pipe"):
        open_file(tmp_path / "pipe")
    assert len(closed) == 1
