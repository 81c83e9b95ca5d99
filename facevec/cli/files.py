"""Reading pictures from files, and writing them without leaving half of one."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import click

from facevec.errors import (
    FileMissing,
    FileTooLarge,
    InputError,
    IsAFolder,
    OutputUnwritable,
)
from facevec.files import PRIVATE_FOLDER, open_file, replacing, size_in_words
from facevec.presentation.plain import printable

STDIN = frozenset({Path("-"), Path("/dev/stdin")})
"""How a picture that comes through a pipe is named. No other pipe is opened: it may wait for ever."""

PATH = click.Path(path_type=Path, readable=False)
"""A path as it was given. Whether it can be read turns out in here, where one bad file stops no other."""


def named(path: Path | str) -> str:
    """The path as it stands in a sentence: in one line, whatever bytes its name is made of."""
    return printable(as_text(path))


def as_text(path: Path | str) -> str:
    """The path as JSON tells it to programs, which have to find the file again."""
    return click.format_filename(path)


def read_picture(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file, or of stdin. Raises FileMissing, IsAFolder, FileTooLarge, InputError."""
    try:
        with _opened(path) as file:
            data = file.read(max_bytes + 1)
    except IsADirectoryError as error:
        raise IsAFolder(f"{named(path)} is a folder; name the picture in it.") from error
    except FileNotFoundError as error:
        if path.is_symlink():
            raise FileMissing(f"{named(path)} is a link that leads nowhere; mend or remove it.") from error
        raise FileMissing(f"There is no file {named(path)}.") from error
    except OSError as error:
        raise InputError(f"{named(path)} cannot be read: {error.strerror or error}.") from error
    if data is None:  # /proc holds files that would make a reader wait
        raise InputError(f"{named(path)} cannot be read: nothing comes out of it.")
    if len(data) > max_bytes:
        raise FileTooLarge(
            f"{named(path)} has more than the {size_in_words(max_bytes)} that are accepted "
            f"(vision.max_file_bytes is {max_bytes}); save the picture smaller or with more compression."
        )
    return data


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    if path in STDIN:
        return nullcontext(sys.stdin.buffer)  # which stays open
    return open_file(path)


def make_folder(folder: Path) -> None:
    """Raises OutputUnwritable when it cannot be made."""
    try:
        for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
            missing.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputUnwritable(
            f"The folder {named(folder)} cannot be made: {error.strerror or error}."
        ) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write all of `data` or nothing, for the owner only: faces and names. Raises OutputUnwritable."""
    try:
        with replacing(path, durable=False) as successor:
            successor.write_bytes(data)
    except OSError as error:
        raise OutputUnwritable(f"{named(path)} cannot be written: {error.strerror or error}.") from error


def require_place(path: Path) -> None:
    """Raises OutputUnwritable unless the folder that a file is to be written to is there."""
    if not (is_there(path.parent) and path.parent.is_dir()):
        raise OutputUnwritable(f"There is no folder {named(path.parent)} to write {named(path.name)} to.")


def is_there(path: Path) -> bool:
    """Whether there is such a file, as far as may be seen; why it cannot be written turns out in writing."""
    try:
        return path.exists()
    except OSError:
        return False


class Claims:
    """The files that one command writes: none twice, where no case or Unicode form is told apart either."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def claim(self, paths: Iterable[Path]) -> bool:
        """Whether none of `paths` was claimed before; now they are."""
        keys = {unicodedata.normalize("NFC", str(path)).casefold() for path in paths}
        if not keys.isdisjoint(self._keys):
            return False
        self._keys |= keys
        return True
