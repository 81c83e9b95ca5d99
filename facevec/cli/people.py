"""People and their photos in folders: one folder a person, named after them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from facevec.cli.files import folders_in, named, photos_in, read_picture, require_folder
from facevec.errors import FolderUnreadable, IsAFolder
from facevec.types import Refusal
from facevec.usecases.people import Person, Read


def reader(max_bytes: int) -> Read:
    """Reads a photo from the path that is its name."""
    return partial(_read, max_bytes)


def people_in(folder: Path) -> list[Person]:
    """Each folder in `folder`. Raises FileMissing, FolderUnreadable, InputError."""
    require_folder(folder)
    return [_person(path) for path in folders_in(folder)]


def strangers_in(folder: Path) -> list[Person]:
    """Each folder in `folder`, and each loose photo as a person. Raises as `people_in`."""
    loose = [
        Person(named(path.relative_to(folder)), (str(path),))
        for path in (photos_in(folder) if folder.is_dir() else ())
        if not path.is_dir()
    ]
    return [person for person in (*people_in(folder), *loose) if person.photos or person.unusable]


def _person(folder: Path) -> Person:
    try:
        paths = photos_in(folder)
    except FolderUnreadable as error:
        return Person(named(folder.name), (), (Refusal(named(folder), error.code, str(error)),))
    photos = tuple(str(path) for path in paths if not path.is_dir())
    return Person(named(folder.name), photos, tuple(_inner(path) for path in paths if path.is_dir()))


def _inner(folder: Path) -> Refusal:
    return Refusal(
        named(folder),
        IsAFolder.code,
        f"{named(folder)} is a folder in a person's folder; put the photos into the person's own.",
    )


def _read(max_bytes: int, photo: str) -> bytes:
    return read_picture(Path(photo), max_bytes)
