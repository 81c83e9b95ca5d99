"""People and their photos in folders: one folder a person, named after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from facevec.cli.files import PATH, named, read_picture
from facevec.cli.folders import listing
from facevec.errors import FolderUnreadable, InputError, IsAFolder
from facevec.registry.names import canonical_name
from facevec.types import Refusal
from facevec.usecases.people import Person, Read


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is in a folder, and what else.

    loose: what lies beside the folders and so is nobody's, and links to folders. passed_over: what
    systems and cameras leave there. merged: folders whose names are one name, each time they are.
    """

    people: Sequence[Person] = ()
    loose: Sequence[Refusal] = ()
    passed_over: Sequence[str] = ()
    merged: Sequence[Sequence[str]] = ()

    @property
    def photo_count(self) -> int:
        return sum(len(person.photos) for person in self.people)

    @property
    def unusable(self) -> tuple[Refusal, ...]:
        """All that is no photo of a person although nobody but people put it there."""
        return (*self.loose, *(refusal for person in self.people for refusal in person.unusable))


def reader(max_bytes: int) -> Read:
    """Reads a photo from the path that is its name."""
    return partial(_read, max_bytes)


def people_in(folder: Path) -> Roster:
    """Each folder in `folder`; folders of one name (`registry.names.canonical_name`) are one person's.

    Raises FileMissing, FolderUnreadable, InputError.
    """
    top = listing(folder)
    passed_over = [str(path) for path in top.passed_over]
    namesakes: dict[str, list[Path]] = {}
    for path in top.folders:
        namesakes.setdefault(canonical_name(path.name), []).append(path)
    return Roster(
        people=[_person(paths, passed_over) for paths in namesakes.values()],
        loose=[*(_loose(path) if path.is_file() else _no_file(path) for path in top.files), *top.refused],
        passed_over=passed_over,
        merged=[[str(path) for path in paths] for paths in namesakes.values() if len(paths) > 1],
    )


strangers_option = click.option(
    "--strangers",
    type=PATH,
    metavar="DIR",
    help="Photos of people who are not enrolled: loose, or one folder a person.",
)


def strangers_in(folder: Path) -> Roster:
    """As `people_in`, but that each loose photo is a person too."""
    inside = people_in(folder)
    photos = [refusal for refusal in inside.loose if Path(refusal.source).is_file()]
    alone = [Person(Path(photo.source).name, (photo.source,)) for photo in photos]
    others = [refusal for refusal in inside.loose if refusal not in photos]
    return Roster((*inside.people, *alone), others, inside.passed_over, inside.merged)


def _person(folders: Sequence[Path], passed_over: list[str]) -> Person:
    photos: list[str] = []
    unusable: list[Refusal] = []
    for folder in folders:
        try:
            inside = listing(folder)
        except FolderUnreadable as error:
            unusable.append(Refusal(str(folder), error.code, str(error)))
            continue
        for path in inside.files:
            if path.is_file():
                photos.append(str(path))
            else:
                unusable.append(_no_file(path))
        unusable += (*map(_inner, inside.folders), *inside.refused)
        passed_over += map(str, inside.passed_over)
    return Person(folders[0].name, photos, unusable)


def _inner(folder: Path) -> Refusal:
    reason = f"{named(folder)} is a folder in a person's folder; put its photos into the person's own."
    return Refusal(str(folder), IsAFolder.code, reason)


def _no_file(path: Path) -> Refusal:
    """Why a pipe, a device or a link that leads nowhere cannot be read."""
    try:
        read_picture(path, max_bytes=0)
    except InputError as error:
        return Refusal(str(path), error.code, str(error))
    return Refusal(str(path), InputError.code, f"{named(path)} changes while it is read.")


def _loose(path: Path) -> Refusal:
    reason = f"{named(path)} lies beside the people's folders; put it into the folder of whom it shows."
    return Refusal(str(path), InputError.code, reason)


def _read(max_bytes: int, photo: str) -> bytes:
    return read_picture(Path(photo), max_bytes)
