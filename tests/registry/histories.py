"""Whatever happens to a registry: what every process answers is what the exact oracle says of those enrolled.

`Histories` draws what happens, one thing after another, in several processes: each has its own connections
and its own live view. What should be true is kept beside the database, in plain dictionaries.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from facevec.decision.vectors import fuse, unit
from facevec.errors import ConsentRefused, WorkerError
from facevec.gallery.copies import EngineCopies
from facevec.gallery.exact import ExactGallery
from facevec.gallery.generations import Generations
from facevec.gallery.live import TAKING_UP
from facevec.gallery.milvus import FOLLOWING
from facevec.ports import Clock
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.types import Candidate, Consent, NewPhoto, Templates, Vectors, Worker
from facevec.usecases.consent import withdraw
from facevec.usecases.remove import remove_photo, remove_worker
from tests.integrity import KEY
from tests.registry.conftest import CONTRACT
from tests.registry.copies import Database
from tests.registry.engines import NewEngine, Parts
from tests.registry.photos import QUALITY

DIMENSION = 8
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
LONG_AGO = NOON - timedelta(days=9000)
FACES: Vectors = unit(np.random.default_rng(14).normal(size=(60, DIMENSION)).astype(np.float32))
"""Of each number, what a photo of it is enrolled as."""

PROCESSES = 3
COPIES = 3
MOST_AGAIN = 5

numbers = st.integers(0, len(FACES) - 1)
picks = st.integers(0, 99)
processes = st.integers(0, PROCESSES - 1)
days = st.integers(-12, 12)


@dataclass
class Person:
    """Who somebody is, and of which photos: their numbers by id."""

    name: str
    photos: dict[int, int] = field(default_factory=dict)
    consent: Consent | None = None

    def may_be_recognized(self, now: datetime) -> bool:
        return self.consent is None or self.consent.expires_at is None or self.consent.expires_at > now


def until_quiet() -> None:
    """Nothing goes on beside the searches any more: a copy would hold the lease of whoever fills Milvus."""
    for thread in threading.enumerate():
        if thread.name in (FOLLOWING, TAKING_UP):
            thread.join()


class Process:
    """One that serves, or a command; all on this machine."""

    def __init__(self, database: Database, folder: Path, engine: NewEngine, clock: Clock) -> None:
        self._connections = open_engine(database.url, key=KEY)
        self.registry = SqlRegistry(self._connections, clock)
        generations = Generations(folder, KEY)
        self.gallery = engine(Parts(self._connections, self.registry, generations, clock))
        self.copies = EngineCopies(generations, self.gallery)
        self.live = self.gallery.live(CONTRACT, DIMENSION)

    def end(self) -> None:
        until_quiet()
        self._connections.dispose()


class Histories(RuleBasedStateMachine):
    """One example is one history; it begins with an empty registry, of which `blank` is the copy."""

    def __init__(self, database: Database, blank: str, folder: Path, engine: NewEngine) -> None:
        super().__init__()
        self._database, self._blank, self._engine = database, blank, engine
        self._folder = Path(tempfile.mkdtemp(dir=folder))
        self._now = NOON
        self._people: dict[int, Person] = {}
        self._copies: list[tuple[str, dict[int, Person]]] = []
        self._names = 0
        database.put_back(blank, moved=True)
        self._processes = [self._process() for _ in range(PROCESSES)]

    def teardown(self) -> None:
        try:
            for place in range(PROCESSES):
                self._compare(place, FACES[::7], 5)
        finally:
            for process in self._processes:
                process.end()
            for copy, _ in self._copies:
                self._database.drop(copy)

    @initialize(faces=st.lists(numbers, min_size=4, max_size=12, unique=True))
    def some_are_enrolled(self, faces: list[int]) -> None:
        for face in faces:
            self.enrol(0, [face], None)

    @rule(by=processes, faces=st.lists(numbers, min_size=1, max_size=3, unique=True), until=st.none() | days)
    def enrol(self, by: int, faces: list[int], until: int | None) -> None:
        self._names += 1
        name = f"Worker {self._names}"
        photos = [_photo(face) for face in faces if face not in self._enrolled()]
        consent = None if until is None else _consent(until)
        try:
            worker = self._processes[by].registry.add_worker(name, None, consent, photos)
        except ConsentRefused:
            return  # by a clock that went back
        self._people[worker.id] = Person(name, consent=consent)
        self._note(by, worker)

    @precondition(lambda self: self._people)
    @rule(by=processes, who=picks, face=numbers)
    def add_a_photo(self, by: int, who: int, face: int) -> None:
        if face in self._enrolled():
            return
        worker_id, registry = self._one(who), self._processes[by].registry
        if self._people[worker_id].may_be_recognized(self._now):
            self._note(by, registry.add_photos(worker_id, [_photo(face)]))
        else:
            with pytest.raises(WorkerError):
                registry.add_photos(worker_id, [_photo(face)])

    @precondition(lambda self: any(person.photos for person in self._people.values()))
    @rule(by=processes, which=picks)
    def remove_a_photo(self, by: int, which: int) -> None:
        all_of_them = [(who, each) for who, person in self._people.items() for each in person.photos]
        worker_id, photo_id = all_of_them[which % len(all_of_them)]
        process = self._processes[by]
        self._note(by, remove_photo(process.registry, process.copies, worker_id, photo_id))

    @precondition(lambda self: self._people)
    @rule(by=processes, who=picks)
    def remove_a_worker(self, by: int, who: int) -> None:
        worker_id = self._one(who)
        process = self._processes[by]
        remove_worker(process.registry, process.copies, worker_id)
        del self._people[worker_id]

    @precondition(lambda self: self._people)
    @rule(by=processes, who=picks, until=days)
    def have_a_consent_end(self, by: int, who: int, until: int) -> None:
        worker_id = self._one(who)
        with suppress(ConsentRefused):  # by a clock that went back
            self._agree(worker_id, self._processes[by].registry.set_consent(worker_id, _consent(until)))

    @precondition(lambda self: any(person.consent for person in self._people.values()))
    @rule(by=processes, who=picks)
    def withdraw_a_consent(self, by: int, who: int) -> None:
        agreed = [worker_id for worker_id, person in self._people.items() if person.consent]
        worker_id = agreed[who % len(agreed)]
        process = self._processes[by]
        worker = withdraw(process.registry, process.copies, worker_id, self._now)
        self._agree(worker_id, worker)
        self._note(by, worker)

    @rule(day=days, seconds=st.integers(-2, 2))
    def set_the_clock(self, day: int, seconds: int) -> None:
        self._now = NOON + timedelta(days=day, seconds=seconds)

    @rule(by=processes)
    def rebuild(self, by: int) -> None:
        until_quiet()
        self._processes[by].gallery.rebuild()

    @precondition(lambda self: len(self._copies) < COPIES)
    @rule()
    def keep_a_copy(self) -> None:
        until_quiet()
        self._copies.append((self._database.keep(), deepcopy(self._people)))

    @precondition(lambda self: self._copies)
    @rule(which=picks, moved=st.booleans(), go_on=st.booleans())
    def put_a_copy_back(self, which: int, moved: bool, go_on: bool) -> None:
        """go_on: with as many changes as were undone, so that it is at the revision it was at."""
        until_quiet()
        before = self._processes[0].registry.position().revision
        copy, people = self._copies[which % len(self._copies)]
        self._database.put_back(copy, moved=moved)
        self._people = deepcopy(people)
        undone = before - self._processes[0].registry.position().revision
        if go_on and undone <= MOST_AGAIN:
            free = [face for face in range(len(FACES)) if face not in self._enrolled()]
            for face in free[:undone]:
                self.enrol(0, [face], None)

    @rule(place=processes)
    def start_a_process(self, place: int) -> None:
        self._processes[place].end()
        self._processes[place] = self._process()

    @rule(by=processes, faces=st.lists(numbers, min_size=1, max_size=3), k=st.integers(1, 9))
    def search(self, by: int, faces: list[int], k: int) -> None:
        self._compare(by, FACES[faces], k)

    def _compare(self, by: int, probes: Vectors, k: int) -> None:
        """What a process answers is what the oracle does, and those it answers with are whom it names."""
        process = self._processes[by]
        position, rows = process.live.search(probes, k)
        assert position == process.registry.position()
        oracle = self._oracle()
        for candidates, expected in zip(rows, oracle.search(probes, k), strict=True):
            assert _ids(candidates) == _ids(expected)
            assert np.allclose(_distances(candidates), _distances(expected), atol=1e-6)
            named = process.registry.workers(_ids(candidates), position)
            assert {who: worker.name for who, worker in named.items()} == {
                who: self._people[who].name for who in _ids(expected)
            }
        assert process.live.extent() == (position.revision, len(oracle))

    def _oracle(self) -> ExactGallery:
        oracle = ExactGallery(DIMENSION)
        for worker_id, person in self._people.items():
            if person.photos and person.may_be_recognized(self._now):
                faces = [person.photos[photo] for photo in sorted(person.photos)]
                oracle.put(*fuse(Templates(np.full(len(faces), worker_id, np.int64), FACES[faces])))
        return oracle

    def _process(self) -> Process:
        return Process(self._database, self._folder, self._engine, lambda: self._now)

    def _enrolled(self) -> set[int]:
        return {face for person in self._people.values() for face in person.photos.values()}

    def _one(self, who: int) -> int:
        return sorted(self._people)[who % len(self._people)]

    def _agree(self, worker_id: int, worker: Worker) -> None:
        self._people[worker_id].consent = worker.consent

    def _note(self, by: int, worker: Worker) -> None:
        """Which photos the worker has now."""
        photos = self._processes[by].registry.photos(worker.id)
        self._people[worker.id].photos = {photo.id: int(photo.source) for photo in photos}


def _photo(face: int) -> NewPhoto:
    sha256 = hashlib.sha256(str(face).encode()).hexdigest()
    return NewPhoto(sha256, str(face), QUALITY, FACES[face], CONTRACT)


def _consent(day: int) -> Consent:
    return Consent("v1", LONG_AGO, NOON + timedelta(days=day))


def _ids(candidates: Sequence[Candidate]) -> list[int]:
    return [candidate.worker_id for candidate in candidates]


def _distances(candidates: Sequence[Candidate]) -> list[float]:
    return [candidate.distance for candidate in candidates]
