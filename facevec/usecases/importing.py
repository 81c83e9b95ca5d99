"""Enrolling many people at once, again and again: who is enrolled already gets what is new."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from facevec.errors import (
    ApprovalNeeded,
    EnrolmentRefused,
    FacevecError,
    InputError,
    MemoryExhausted,
    NoFace,
    WorkerAmbiguous,
    WorkerError,
)
from facevec.ports import Enrolments
from facevec.types import Consent, Enrolment, PhotoSource, Refusal, Worker
from facevec.usecases.ahead import as_templates, looking_ahead
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.enrol_or_add import Admission, enrol_or_add
from facevec.usecases.newcomers import Newcomers, NotPlain, Waiting, examined
from facevec.usecases.people import OnPhoto, Person, Read, readable, refusal

Admit = Callable[[str, Iterable[PhotoSource]], Admission]
"""Enrols somebody of that name, or adds to who is called so; may go through the photos more than once.

Raises WorkerError, InputError, EnrolmentRefused and MemoryExhausted for what is wrong with them alone.
"""


@dataclass(frozen=True, slots=True)
class Import:
    """What became of the people. stopped: by what, before the last `left` of them were looked at."""

    admissions: tuple[Admission, ...]
    left: int = 0
    stopped: FacevecError | KeyboardInterrupt | None = None

    @property
    def enrolled(self) -> int:
        return sum(len(one.enrolment.accepted) for one in self.admissions)

    @property
    def already(self) -> int:
        return sum(len(one.already) for one in self.admissions)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        return tuple(each for one in self.admissions for each in one.enrolment.refused)


def import_people(
    desk: EnrolmentDesk,
    people: Sequence[Person],
    read: Read,
    *,
    consent: Consent | None = None,
    on_photo: OnPhoto | None = None,
) -> Import:
    """Enrol `people`, or add what is new to the workers who are called so.

    What is wrong with one photo or one person is in the answer and stops nobody else. consent: of
    everyone who has none. Raises RegistryError, ModelError before anybody is enrolled; afterwards they,
    and Ctrl-C, are what stopped the import.
    """

    once = _once(on_photo)

    def admit(name: str, photos: Iterable[PhotoSource]) -> Admission:
        find = partial(_namesake, desk.registry, name)
        worker = find()
        first = consent if worker is None or worker.consent is None else None
        return enrol_or_add(ahead, find, name, photos, consent=first, on_photo=once)

    is_new = _NewFiles(desk.registry)
    pictures = [(photo, as_templates) for person in people for photo in person.photos]
    with looking_ahead(desk.vision, read, pictures, worth=is_new) as (vision, read_ahead):
        ahead = replace(desk, vision=vision)
        several = _Several(ahead, partial(_import, admit, read=read_ahead), read_ahead, consent, is_new, once)
        return _outcome(several.admissions(people), len(people))


def admit_people(admit: Admit, people: Sequence[Person], read: Read) -> Import:
    """What became of `people`, each of whom `admit` enrols or adds to. As `import_people`."""
    return _outcome((_import(admit, person, read=read) for person in people), len(people))


def _outcome(admissions: Iterator[Admission], people: int) -> Import:
    """What became of so many people, as far as it came."""
    by_then: list[Admission] = []
    try:
        for admission in admissions:
            by_then.append(admission)  # kept where the next one cannot be had
    except (FacevecError, KeyboardInterrupt) as error:
        if not by_then:
            raise
        return Import(tuple(by_then), people - len(by_then), error)
    return Import(tuple(by_then))


def _once(on_photo: OnPhoto | None) -> OnPhoto:
    """Tells of each photo once, though somebody may look at it again."""
    names: set[str] = set()

    def tell(name: str) -> None:
        if on_photo is not None and name not in names:
            names.add(name)
            on_photo(name)

    return tell


class _NewFiles:
    """Whether nobody has enrolled a file; the registry is asked once for each."""

    def __init__(self, registry: Enrolments) -> None:
        self._registry = registry
        self._known: dict[str, bool] = {}

    def __call__(self, data: bytes) -> bool:
        digest = sha256(data).hexdigest()
        if digest not in self._known:
            self._known[digest] = self._registry.photo_owner(digest) is None
        return self._known[digest]


@dataclass(frozen=True, slots=True)
class _Several:
    """Has those who are plainly new wait for each other. one_by_one: admits everybody else."""

    desk: EnrolmentDesk
    one_by_one: Callable[[Person], Admission]
    read: Read
    consent: Consent | None
    is_new: Callable[[bytes], bool]
    on_photo: OnPhoto

    def admissions(self, people: Sequence[Person]) -> Iterator[Admission]:
        """Of everybody, in their order, when it is written."""
        newcomers: Newcomers[Person] = Newcomers(self.desk)
        try:
            for person in people:
                yield from self._admitted(person, newcomers)
            yield from self._settled(newcomers)
        except KeyboardInterrupt:
            yield from self._settled(newcomers)  # who waited, or was being written
            raise

    def _admitted(self, person: Person, newcomers: Newcomers[Person]) -> Iterator[Admission]:
        """Nobody yet, where this one waits."""
        try:
            newcomers.add(person, self._examined(person))
        except (NotPlain, FacevecError):
            yield from self._settled(newcomers)
            yield self.one_by_one(person)
        if newcomers.enough:
            yield from self._settled(newcomers)

    def _examined(self, person: Person) -> Waiting:
        unreadable: list[Refusal] = []
        photos = readable(person.photos, self.read, unreadable)
        name = worker_name(person.name)
        waiting = examined(self.desk, name, photos, self.consent, self.is_new, self.on_photo)
        if unreadable:
            raise NotPlain
        return waiting

    def _settled(self, newcomers: Newcomers[Person]) -> Iterator[Admission]:
        for person, one, worker in newcomers.enrolled():
            if worker is None:
                yield self.one_by_one(person)
            else:
                sources = tuple(photo.source for photo in one.newcomer.photos)
                refused = tuple(person.unusable)
                enrolment = Enrolment(worker.name, worker, sources, refused, turned=one.turned)
                yield Admission(enrolment, created=True)


def worker_name(label: str) -> str:
    """The name that the label of somebody's photos stands for, such as their folder's name."""
    return " ".join(unicodedata.normalize("NFC", label).replace("_", " ").split())


@dataclass(slots=True)
class _Photos:
    """Somebody's photos, read anew each time. unreadable: those that could not be, the last time."""

    photos: Sequence[str]
    read: Read
    unreadable: list[Refusal] = field(default_factory=list)

    def __iter__(self) -> Iterator[PhotoSource]:
        self.unreadable = []
        return readable(self.photos, self.read, self.unreadable)


def _import(admit: Admit, person: Person, *, read: Read) -> Admission:
    name = worker_name(person.name)
    if not person.photos:
        nothing = Refusal(person.name, NoFace.code, "There is no photo of this person; add some.")
        return Admission(Enrolment(name, None, (), tuple(person.unusable) or (nothing,)), created=False)
    photos = _Photos(person.photos, read)
    try:
        admission = admit(name, photos)
    except (WorkerError, InputError, EnrolmentRefused, MemoryExhausted, ApprovalNeeded) as error:
        admission = Admission(Enrolment(name, None, (), (refusal(person.name, error),)), created=False)
    refused = (*person.unusable, *photos.unreadable, *admission.enrolment.refused)
    return replace(admission, enrolment=replace(admission.enrolment, refused=refused))


def _namesake(registry: Enrolments, name: str) -> Worker | None:
    return only_namesake(registry.namesakes(name))


def only_namesake(workers: Sequence[Worker]) -> Worker | None:
    """The worker, of those who have one name. Raises WorkerAmbiguous when there are several."""
    if len(workers) > 1:
        raise WorkerAmbiguous(
            f"{len(workers)} workers have this name; add the photos to one of them by `facevec worker "
            "add-photos`, or rename the folder or the workers."
        )
    return workers[0] if workers else None
