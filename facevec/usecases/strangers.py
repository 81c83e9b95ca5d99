"""Photos of people who are no workers, searched for as any picture is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from facevec.usecases.ahead import as_probe, looking_ahead
from facevec.usecases.identify import Search
from facevec.usecases.people import Person
from facevec.usecases.probes import Prober


@dataclass(frozen=True, slots=True)
class Stranger:
    """The search for somebody who is no worker. person: number of whom; several may be one person's."""

    person: int
    search: Search
    group: str | None = None


def search_strangers(prober: Prober, people: Sequence[Person]) -> list[Stranger]:
    """The search for the most prominent face on each photo. Raises ModelError, RegistryError."""
    pictures = [(photo, as_probe) for person in people for photo in person.photos]
    with looking_ahead(prober.vision, prober.read, pictures) as (vision, read):
        ahead = replace(prober, vision=vision, read=read)
        searches = [
            (number, ahead.search(photo), person.group)
            for number, person in enumerate(people)
            for photo in person.photos
        ]
    return [Stranger(number, search, group) for number, search, group in searches if search is not None]
