"""Newcomers, several at a time: compared with one state of the gallery, and written in one transaction.

A transaction costs more than what is decided in it, and so does asking for each person what was asked for the
one before. So whoever is plainly new waits for others who are: a person about whose photos nothing is wrong,
who look like one person and like nobody else. All are compared with the gallery at once, each with those who
wait before them, too, by the rules of `identity`. About everybody else `enrol` decides, in their turn: what
comes of it is the same as if there were no waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from facevec.decision.cohort import COHORT_SIZE, SEARCH_DEPTH
from facevec.decision.vectors import fuse, same_person
from facevec.types import (
    Candidate,
    Consent,
    Newcomer,
    NewPhoto,
    PhotoSource,
    Position,
    Templates,
    TurnedPhoto,
    Vectors,
    Worker,
    no_vectors,
)
from facevec.usecases.enrol import EnrolmentDesk
from facevec.usecases.identity import newcomer_identity
from facevec.usecases.others import searched_for
from facevec.usecases.people import OnPhoto

TOGETHER = 32
"""So many people wait at most; of more each costs no less."""

PIXELS = 64_000_000
"""Bytes of photos that are to be kept and wait; beyond them nobody waits for more."""

DEPTH = max(SEARCH_DEPTH, COHORT_SIZE + 1)
"""Candidates that `others` asks for, of photos and of workers."""

BATCH_MATE = 2**62
"""Ids of those who wait begin here: they come after everybody who is enrolled, as they will."""

Whom = TypeVar("Whom")


class NotPlain(Exception):  # noqa: N818  # nothing is wrong: somebody takes the long way
    """Somebody is not plainly new."""


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Somebody who waits. turned: as in `Enrolment`. size: bytes of photos that are to be kept."""

    newcomer: Newcomer
    turned: tuple[TurnedPhoto, ...]

    @property
    def size(self) -> int:
        return sum(len(photo.pixels or b"") for photo in self.newcomer.photos)


def examined(
    desk: EnrolmentDesk,
    name: str,
    photos: Iterable[PhotoSource],
    consent: Consent | None,
    is_new: Callable[[bytes], bool],
    on_photo: OnPhoto | None,
) -> Waiting:
    """Somebody whose photos are all good, of one face each. is_new: whether nobody has enrolled this file.

    Raises NotPlain, and what `EnrolmentDesk.portrait` and `template` raise.
    """
    if desk.successor is not None:
        raise NotPlain
    desk.consents.require(consent, desk.clock())
    keep = desk.keeps_photos(consent)
    usable: list[NewPhoto] = []
    turned: list[TurnedPhoto] = []
    for photo in photos:
        if not is_new(photo.data):
            raise NotPlain
        seen = desk.portrait(photo, turned, keep=keep)
        if seen.subject is None:
            raise NotPlain
        usable.append(desk.template(seen, seen.subject))
        if on_photo:
            on_photo(photo.name)
    if not usable or len({photo.sha256 for photo in usable}) < len(usable):
        raise NotPlain
    return Waiting(Newcomer(name, consent, tuple(usable)), tuple(turned))


class Newcomers(Generic[Whom]):
    """Those who wait, and what the caller knows them by."""

    def __init__(self, desk: EnrolmentDesk) -> None:
        self._desk = desk
        self._waiting: list[tuple[Whom, Waiting]] = []

    def add(self, whom: Whom, one: Waiting) -> None:
        """Have somebody wait."""
        self._waiting.append((whom, one))

    @property
    def enough(self) -> bool:
        """Whether nobody else should wait."""
        return len(self._waiting) >= TOGETHER or sum(one.size for _, one in self._waiting) >= PIXELS

    def enrolled(self) -> Iterator[tuple[Whom, Waiting, Worker | None]]:
        """Everybody who waits, in turn, and the worker that they are now; None for who is to be enrolled by
        itself, before the next is asked for.

        Who was not written because of Ctrl-C waits on. Raises RegistryError, ContractMismatch.
        """
        while self._waiting:
            workers = self._written([one for _, one in self._waiting])
            written, self._waiting = self._waiting[: len(workers)], self._waiting[len(workers) :]
            for (whom, one), worker in zip(written, workers, strict=True):
                yield whom, one, worker
            if self._waiting:  # the first of them is not plainly new, or somebody was faster
                yield *self._waiting.pop(0), None

    def _written(self, waiting: Sequence[Waiting]) -> tuple[Worker, ...]:
        """The first of those who wait, as many as are plainly new."""
        plain, since = self._plain(waiting)
        if not plain:
            return ()
        registry, embedder = self._desk.registry, self._desk.vision.embedder
        registry.claim_model(embedder.model, embedder.contract)
        return registry.add_workers([one.newcomer for one in waiting[:plain]], since)

    def _plain(self, waiting: Sequence[Waiting]) -> tuple[int, Position]:
        """(how many of the first are plainly new, each after those before them; where the registry stood)."""
        photos = [one.newcomer.photos for one in waiting]
        batch = _Batch(self._desk, photos)
        for place, theirs in enumerate(photos):
            batch.before = photos[:place]
            whom = newcomer_identity(batch, batch, self._desk.rules, batch.contract)
            try:
                is_plain = not any(whom.faults(theirs))
            except NotPlain:
                is_plain = False
            if not is_plain:
                return place, batch.position
        return len(waiting), batch.position


class _Batch:
    """`ports.Compared` and `ports.Searched`: everybody who is enrolled, asked about all who wait at once, and
    those of them who come `before` somebody.

    position: where the registry stood when their photos were searched for; whoever came since may be missed.
    """

    def __init__(self, desk: EnrolmentDesk, waiting: Sequence[Sequence[NewPhoto]]) -> None:
        self.contract = desk.vision.embedder.contract
        self.before: Sequence[Sequence[NewPhoto]] = ()
        self._registry, self._live = desk.registry, desk.live
        threshold = desk.rules.same_person_threshold.value
        vectors = [np.stack([photo.template for photo in photos]) for photos in waiting]
        probes = np.vstack([searched_for(theirs, same_person(theirs, threshold)) for theirs in vectors])
        self.position, nearest = self._live.search(probes, DEPTH)
        self._nearest = {probe.tobytes(): row for probe, row in zip(probes, nearest, strict=True)}
        workers = sorted({candidates[0].worker_id for candidates in nearest if candidates})
        self._withheld = self._registry.withheld_templates(self.contract)
        self._templates = Templates(np.empty(0, np.int64), no_vectors())
        if workers and desk.rules.cohort is not None:
            _, self._templates = self._registry.templates(self.contract, workers)
            self.search(fuse(self._templates)[1], DEPTH)

    def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        """As `Searched.search`; more candidates than asked for where they are known."""
        keys = [probe.tobytes() for probe in probes]
        unknown = [place for place, key in enumerate(keys) if key not in self._nearest]
        if unknown:
            _, nearest = self._live.search(probes[unknown], max(k, DEPTH))
            self._nearest |= {keys[place]: row for place, row in zip(unknown, nearest, strict=True)}
        return self.position, tuple(self._nearest[key] for key in keys)

    def templates(self, contract: str, worker_ids: Sequence[int] | None = None) -> tuple[int, Templates]:
        known = set(self._templates.worker_ids.tolist())
        if worker_ids is None or any(one < BATCH_MATE and one not in known for one in worker_ids):
            return self._registry.templates(contract, worker_ids)
        return self.position.revision, self._templates

    def withheld_templates(self, contract: str) -> Templates:  # noqa: ARG002  # there is one
        """And of those who come before."""
        mates = [(BATCH_MATE + place, photo) for place, photos in enumerate(self.before) for photo in photos]
        if not mates:
            return self._withheld
        ids = np.array([worker_id for worker_id, _ in mates], np.int64)
        vectors = np.stack([photo.template for _, photo in mates])
        if not len(self._withheld.worker_ids):
            return Templates(ids, vectors)
        return Templates(
            np.concatenate([self._withheld.worker_ids, ids]),
            np.concatenate([self._withheld.vectors, vectors]),
        )

    def worker(self, worker_id: int) -> Worker:  # noqa: ARG002  # whoever it is
        """Somebody who may be meant instead: that is for `enrol` to say."""
        raise NotPlain

    def workers(self, ids: Sequence[int], since: Position | None = None) -> Mapping[int, Worker]:
        return self._registry.workers(ids, since)
