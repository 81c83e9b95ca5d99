"""Enrolling a folder of people."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facevec.cli.common import STOPPED, end_early, exit_with, note, print_json, progress, show
from facevec.cli.files import folders_in, named, photo_sources, photos_in, require_folder
from facevec.errors import (
    EnrolmentRefused,
    FacevecError,
    FolderUnreadable,
    InputError,
    NoFace,
    WorkerAmbiguous,
    WorkerError,
)
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
    """What became of the folders. stopped: what came before the last `left` of them were looked at."""

    people: tuple[Person, ...]
    left: int = 0
    stopped: FacevecError | KeyboardInterrupt | None = None

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

    What is wrong with one photo or one person is in the report and stops nobody else. Raises FileMissing,
    InputError, RegistryError, ModelError before anybody is enrolled; afterwards they, and Ctrl-C, are
    what stopped the import.
    """
    require_folder(folder)
    folders = folders_in(folder)
    if not folders:
        raise InputError(
            f"{named(folder)} holds no folders; give each person one, named after them, with their photos."
        )
    known = _by_name(desk.registry)
    people: list[Person] = []
    with progress(unit="photos") as bar:
        task = bar.add_task("Enrolling", total=sum(map(_count, folders)))

        def advance(_photo: str) -> None:
            bar.advance(task)

        for person in folders:
            namesakes = known.get(comparable(worker_name(person)), ())
            try:
                people.append(_enrol(desk, person, namesakes, max_bytes, consent, advance))
            except (FacevecError, KeyboardInterrupt) as error:
                if not people:
                    raise
                return Report(tuple(people), len(folders) - len(people), error)
    return Report(tuple(people))


def report_import(report: Report, *, as_json: bool) -> None:
    """Show what became of everybody, and end the command with the exit code that says so."""
    if as_json:
        print_json(_json(report))
    else:
        _show(report)
    if report.left:
        note(f"Folders not looked at yet: {report.left}; run the command again to go on.")
    if report.stopped is not None:
        end_early(report.stopped)
    exit_with([refusal.code for refusal in report.refused], done=report.enrolled + report.already)


def worker_name(folder: Path) -> str:
    """The name a folder stands for."""
    return " ".join(unicodedata.normalize("NFC", folder.name).replace("_", " ").split())


def _json(report: Report) -> dict[str, object]:
    from facevec.presentation import payload

    workers = [
        {**payload.enrolment(one.enrolment), "already_enrolled": list(one.already)} for one in report.people
    ]
    answer = {
        "workers": workers,
        "enrolled": report.enrolled,
        "already_enrolled": report.already,
        "refused": len(report.refused),
        "folders_left": report.left,
    }
    if isinstance(report.stopped, FacevecError):
        answer["error"] = payload.error(report.stopped.code, str(report.stopped))
    elif report.stopped is not None:
        answer["error"] = payload.error("interrupted", STOPPED)
    return answer


def _show(report: Report) -> None:
    from facevec.presentation import tables

    show(tables.enrolments_table([(one.enrolment, len(one.already)) for one in report.people]))
    if report.refused:
        show(tables.refusals_table(report.refused))
    show(
        f"{report.enrolled} photos enrolled, {report.already} were enrolled already, "
        f"{len(report.refused)} refused."
    )


def _count(folder: Path) -> int:
    try:
        return len(photos_in(folder))
    except FolderUnreadable:
        return 0


def _by_name(registry: Registry) -> dict[str, list[Worker]]:
    known: dict[str, list[Worker]] = {}
    for worker in registry.list_workers():
        known.setdefault(comparable(worker.name), []).append(worker)
    return known


def _enrol(
    desk: EnrolmentDesk,
    folder: Path,
    namesakes: Sequence[Worker],
    max_bytes: int,
    consent: Consent | None,
    on_photo: OnPhoto,
) -> Person:
    from facevec.usecases.enrol import add_photos, enrol_worker

    worker = namesakes[0] if namesakes else None
    unreadable: list[Refusal] = []
    already: list[str] = []
    try:
        if len(namesakes) > 1:
            raise WorkerAmbiguous(
                f"{len(namesakes)} workers have this name; rename the folder or the workers."
            )
        paths = photos_in(folder)
        if not paths:
            raise NoFace("The folder is empty; put photos of the person into it.")
        files = photo_sources(paths, max_bytes, unreadable)
        photos = _new_photos(desk.registry, files, worker, already, on_photo)
        if worker is not None:
            if consent is not None and worker.consent is None:
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
