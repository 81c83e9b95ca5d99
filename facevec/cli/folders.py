"""What lies in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from facevec.cli.clutter import is_clutter_file, is_clutter_folder
from facevec.cli.files import named
from facevec.errors import FileMissing, FolderUnreadable, InputError, IsAFolder
from facevec.types import Refusal


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in a folder, by name.

    files: all that is no folder; `files.read_picture` refuses what is no file either. passed_over: what
    systems and cameras leave there. refused: folders below that do not show what they hold, and links to
    folders, which may lead out of this one or round in a circle: none is followed.
    """

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    passed_over: list[Path] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def listing(folder: Path) -> Listing:
    """What lies in `folder` itself. Raises FileMissing, FolderUnreadable, InputError."""
    here = Listing()
    with _reading(folder):
        if not folder.exists():
            raise FileMissing(f"There is no folder {named(folder)}.")
        if not folder.is_dir():
            raise InputError(f"{named(folder)} is no folder; name one.")
        for entry in sorted(folder.iterdir()):
            is_folder = entry.is_dir()
            if is_clutter_folder(entry.name) if is_folder else is_clutter_file(entry.name):
                here.passed_over.append(entry)
            elif is_folder and entry.is_symlink():
                here.refused.append(_link(entry))
            else:
                (here.folders if is_folder else here.files).append(entry)
    return here


def everything_in(folder: Path) -> Listing:
    """What lies in `folder` and the folders below it. Raises as `listing`."""
    whole = listing(folder)
    for inner in whole.folders:
        try:
            below = everything_in(inner)
        except FolderUnreadable as error:
            whole.refused.append(Refusal(str(inner), error.code, str(error)))
            continue
        whole.files.extend(below.files)
        whole.passed_over.extend(below.passed_over)
        whole.refused.extend(below.refused)
    return whole


def _link(path: Path) -> Refusal:
    reason = f"{named(path)} is a link to a folder, and such are not followed; put the folder itself here."
    return Refusal(str(path), IsAFolder.code, reason)


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnreadable(
            f"The folder {named(folder)} cannot be read: {error.strerror or error}; check its permissions."
        ) from error
