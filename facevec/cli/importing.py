"""Enrolling a folder of people."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.cli.common import progress
from facevec.cli.files import is_clutter, named, photo_sources, photos_in, require_folder
from facevec.errors import EnrolmentRefused, InputError, NoFace, WorkerAmbiguous, WorkerError
from facevec.registry.names import comparable
from facevec.types import Consent, Enrolment, PhotoSource, Refusal, Worker

if TYPE_CHECKING:
    from facevec.ports import Registry
    from facevec.usecases.enrol import EnrolmentDesk

OnPhoto = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Person:
    """What became of one folder. already: photos that were this worker's before."""

    enrolment: Enrolment
    already: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all folders."""

    people: tuple[Person, ...]

    @property
    def enrolled(self) -> int:
        return sum(len(person.enrolment.accepted) for person in self.people)

    @property
    def already(self) -> int:
        return sum(len(person.already) for person in self.people)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        return tuple(refusal for person in self.people for refusal in person.enrolment.refused)


def import_folder(
    desk: EnrolmentDesk, folder: Path, *, max_bytes: int, consent: Consent | None = None
) -> Report:
    """Enrol every folder in `folder` as one person; a progress bar on stderr.

    Raises FileMissing, InputError, RegistryError, ModelError; what is wrong with one photo
    or one person is in the report and stops nobody else.
    """
    require_folder(folder)
    folders = tuple(sorted(path for path in folder.iterdir() if path.is_dir() and not is_clutter(path)))
    if not folders:
        raise InputError(
            f"{named(folder)} holds no folders; give each person one, named after them, with their photos."
        )
    photos = {person: photos_in(person) for person in folders}
    known = _by_name(desk.registry)
    people = []
    with progress(unit="photos") as bar:
        task = bar.add_task("Enrolling", total=sum(map(len, photos.values())))

        def advance(_photo: str) -> None:
            bar.advance(task)

        for person, paths in photos.items():
            namesakes = known.get(comparable(worker_name(person)), ())
            people.append(_enrol(desk, person, paths, namesakes, max_bytes, consent, advance))
    return Report(tuple(people))


def worker_name(folder: Path) -> str:
    """The name a folder stands for."""
    return " ".join(unicodedata.normalize("NFC", folder.name).replace("_", " ").split())


def _by_name(registry: Registry) -> dict[str, list[Worker]]:
    known: dict[str, list[Worker]] = {}
    for worker in registry.list_workers():
        known.setdefault(comparable(worker.name), []).append(worker)
    return known


def _enrol(
    desk: EnrolmentDesk,
    folder: Path,
    paths: Sequence[Path],
    namesakes: Sequence[Worker],
    max_bytes: int,
    consent: Consent | None,
    on_photo: OnPhoto,
) -> Person:
    from facevec.usecases.enrol import add_photos, enrol_worker

    worker = namesakes[0] if namesakes else None
    unreadable: list[Refusal] = []
    already: list[str] = []
    files = photo_sources(paths, max_bytes, unreadable)
    photos = _new_photos(desk.registry, files, worker, already, on_photo)
    try:
        if len(namesakes) > 1:
            raise WorkerAmbiguous(
                f"{len(namesakes)} workers have this name; rename the folder or the workers."
            )
        if not paths:
            raise NoFace("The folder is empty; put photos of the person into it.")
        if worker is not None:
            if consent is not None:
                desk.registry.set_consent(worker.id, consent)
            done = add_photos(desk, worker, photos, on_photo=on_photo)
        else:
            done = enrol_worker(desk, worker_name(folder), photos, consent=consent, on_photo=on_photo)
    except (WorkerError, InputError, EnrolmentRefused) as error:
        refusal = Refusal(named(folder), error.code, str(error))
        return Person(Enrolment(worker_name(folder), None, (), (*unreadable, refusal)), tuple(already))
    return Person(
        Enrolment(done.name, done.worker, done.accepted, (*unreadable, *done.refused)), tuple(already)
    )


def _new_photos(
    registry: Registry,
    photos: Iterable[PhotoSource],
    worker: Worker | None,
    already: list[str],
    on_photo: OnPhoto,
) -> Iterator[PhotoSource]:
    """Those of `photos` that are not the worker's yet; the others are added to `already`."""
    for photo in photos:
        owner = registry.photo_owner(hashlib.sha256(photo.data).hexdigest()) if worker else None
        if worker is not None and owner == worker.id:
            already.append(photo.name)
            on_photo(photo.name)
        else:
            yield photo
