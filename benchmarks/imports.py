"""What an import costs beside its networks: `python -m benchmarks.imports DIR [--photos 300]`.

DIR holds one folder a person. Three ways in turns in one run, some people after the other, each way with a
registry of its own, encrypted as registries are: the photos only looked at and embedded; everybody enrolled
by themselves, as before newcomers waited for each other; and as an import does it. Processor time is what a
busy machine can be held to; the time on the clock needs an idle one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

from benchmarks.ahead import timed, walk
from facevec.bootstrap import App
from facevec.cli.people import people_in, reader
from facevec.config import load, models_folder
from facevec.networks import networks_for_many
from facevec.types import PhotoSource
from facevec.usecases.ahead import as_templates, looking_ahead
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.enrol_or_add import Admission, enrol_or_add
from facevec.usecases.importing import admit_people, import_people, only_namesake
from facevec.usecases.people import Person, Read

AT_A_TIME = 50
"""People that one way takes before it is another's turn."""

counted: Counter[str] = Counter()


def look(desk: EnrolmentDesk, people: Sequence[Person], read: Read) -> None:
    """Look at every photo, and enrol nobody."""
    walk(desk.vision, [photo for person in people for photo in person.photos], read)


def enrol_one_by_one(desk: EnrolmentDesk, people: Sequence[Person], read: Read) -> None:
    """As an import, without waiting."""
    pictures = [(photo, as_templates) for person in people for photo in person.photos]
    with looking_ahead(desk.vision, read, pictures) as (vision, read_ahead):
        ahead = replace(desk, vision=vision)

        def admit(name: str, photos: Iterable[PhotoSource]) -> Admission:
            return enrol_or_add(ahead, lambda: only_namesake(desk.registry.namesakes(name)), name, photos)

        admit_people(admit, people, read_ahead)


WAYS: dict[str, Callable[[EnrolmentDesk, Sequence[Person], Read], object]] = {
    "looked at, nobody enrolled": look,
    "one by one": enrol_one_by_one,
    "import": import_people,
}


@contextmanager
def counting() -> Iterator[None]:
    """Count what databases are asked."""

    def statement(*_: object) -> None:
        counted["statements"] += 1

    def connection(*_: object) -> None:
        counted["connections"] += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "connect", connection)
    yield
    event.remove(Engine, "before_cursor_execute", statement)
    event.remove(Engine, "connect", connection)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=300)
    options = parser.parse_args()
    people: list[Person] = []
    for person in people_in(options.folder).people:
        if sum(len(one.photos) for one in people) < options.photos:
            people.append(person)
    photos = sum(len(person.photos) for person in people)
    spent: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_apps, counting():
        environ = {"FACEVEC_MODELS": str(models_folder())}
        desks = {}
        for number, way in enumerate(WAYS):
            loaded = load(
                Path(folder) / str(number), environ, {"emotion.enabled": False, "keys.folder": folder}
            )
            app = open_apps.enter_context(App(loaded, networks=networks_for_many))
            desks[way] = app.desk
            look(desks[way], people[:2], reader(10**8))
        for start in range(0, len(people), AT_A_TIME):
            for way, work in WAYS.items():
                counted.clear()
                some = people[start : start + AT_A_TIME]
                clock, processor = timed(partial(work, desks[way], some, reader(10**8)))
                spent[way]["clock"] += clock
                spent[way]["processor"] += processor
                spent[way] += counted
    print(f"{photos} photos of {len(people)} people, a photo:")
    print("| | ms of the processor | ms on the clock | statements | connections |\n|---|---|---|---|---|")
    for way, sums in spent.items():
        print(
            f"| {way} | {1000 * sums['processor'] / photos:.1f} | {1000 * sums['clock'] / photos:.1f} | "
            f"{sums['statements'] / photos:.1f} | {sums['connections'] / photos:.1f} |"
        )


if __name__ == "__main__":
    main()
