"""People as they are handed over from outside: a name and photos, read one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from facevec.errors import FacevecError, InputError
from facevec.types import PhotoSource, Refusal

Read = Callable[[str], bytes]
"""The bytes of a photo. Raises InputError."""

OnPhoto = Callable[[str], None]
"""Is handed the name of each photo once it has been seen."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone, and the names of their photos as `Read` takes them, in the order in which they are enrolled.

    unusable: what came with the photos and is none. group: of people, whose error rates are told apart.
    """

    name: str
    photos: Sequence[str]
    unusable: Sequence[Refusal] = ()
    group: str | None = None


def refusal(source: str, error: FacevecError) -> Refusal:
    """Why a photo was not used."""
    return Refusal(source, error.code, str(error))


def readable(photos: Iterable[str], read: Read, unreadable: list[Refusal]) -> Iterator[PhotoSource]:
    """The photos one after the other; those that cannot be read are added to `unreadable` instead."""
    for photo in photos:
        try:
            yield PhotoSource(photo, read(photo))
        except InputError as error:
            unreadable.append(refusal(photo, error))
