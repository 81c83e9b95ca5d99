"""Whom the photos of one enrolment show: one person, and nobody who is enrolled as somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facevec.decision.resolve import EnrolmentRules
from facevec.decision.seal import within_seal
from facevec.decision.vectors import fuse, mean, pairwise_distances, same_person
from facevec.errors import (
    EnrolledAsAnother,
    EnrolmentRefused,
    NotTheSamePerson,
    SeveralFaces,
    WorkerNotFound,
)
from facevec.ports import Compared, Enrolments, LiveGallery, Searched
from facevec.types import Candidate, DistinctFrom, NewPhoto, Seal, Vectors, Worker, no_vectors
from facevec.usecases.others import Others
from facevec.usecases.sealing import never_sealed, unlike_sealed

MOST_NAMES = 3
"""So many photos are named in a sentence; the others are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """Whom the photos of one enrolment must show.

    worker: to whom they are added, None for a newcomer. distinct_from: workers who were decided to be
    somebody else; however alike, they stand in nobody's way. enrolled: what the worker looks like by the
    photos that are enrolled, (1, dimension), or `no_vectors()`. seal: what they looked like at
    first. anew: whether neither counts, as for a newcomer and for a worker who is re-seeded.
    """

    registry: Compared
    live: Searched
    rules: EnrolmentRules
    contract: str
    worker: Worker | None
    distinct_from: frozenset[int]
    enrolled: Vectors
    seal: Seal | None
    anew: bool

    def reference(self, photos: Sequence[NewPhoto]) -> Vectors:
        """(1, dimension): what the worker looks like; `no_vectors()` when nothing says so.

        By what is enrolled, else by the person whom most of `photos` show.
        """
        if len(self._known) or not photos:
            return self._known
        vectors = _templates(photos)
        same = same_person(vectors, self._threshold)
        return mean(vectors[same]) if same.any() else self._known

    def place(self, faces: Vectors, reference: Vectors) -> int:
        """Index of the face that is the worker's, of (n, dimension) faces on a photo about none of them.

        reference: as `reference` makes it of the other photos. Raises SeveralFaces.
        """
        distances = pairwise_distances(faces, reference)
        if distances.size and distances.min() <= self._threshold:
            return int(distances.argmin())
        if distances.size:
            why = "none is the person on the worker's other photos"
        else:
            why = "no other photo says which is the worker's"
        raise SeveralFaces(
            f"{len(faces)} faces were found, none stands out and {why}; crop the photo to the worker."
        )

    def faults(self, photos: Sequence[NewPhoto]) -> list[EnrolmentRefused | None]:
        """For each of `photos`, why it cannot be this worker's, or None. Raises RegistryError."""
        if not photos:
            return []
        vectors = _templates(photos)
        if len(self._known):
            same = pairwise_distances(vectors, self._known)[:, 0] <= self._threshold
        else:
            same = same_person(vectors, self._threshold)
        strangers: list[EnrolmentRefused | None]
        if not self.anew:
            strangers = [self._unlike(vector, known) for vector, known in zip(vectors, same, strict=True)]
        elif same.any():
            strangers = [None if shown else _stranger() for shown in same]
        else:
            strangers = _without_majority(photos, vectors, self._threshold)
        return [
            self._enrolled_as_another(other) or stranger
            for stranger, other in zip(strangers, self._others.nearest(vectors, same), strict=True)
        ]

    @property
    def _known(self) -> Vectors:
        """What the worker looks like by what is enrolled, else by what is sealed."""
        if len(self.enrolled) or self.seal is None:
            return self.enrolled
        return self.seal.reference

    def _unlike(self, vector: Vectors, known: np.bool_) -> EnrolmentRefused | None:
        """Why a face cannot be that of a worker who is enrolled; known: whether it is like `_known`."""
        if self.seal is None:
            return never_sealed()
        if len(self.enrolled) and not known:
            return _stranger()
        return None if within_seal(vector[np.newaxis], self.seal, self._threshold)[0] else unlike_sealed()

    @property
    def _threshold(self) -> float:
        return self.rules.same_person_threshold.value

    def _enrolled_as_another(self, other: Candidate | None) -> EnrolmentRefused | None:
        if other is None or other.distance > self.rules.other_person_threshold.value:
            return None
        worker_id, distance = other.worker_id, other.distance
        try:
            known = self.registry.worker(worker_id)
        except WorkerNotFound:  # removed while the photos were looked at
            return None
        is_active = worker_id in self.registry.workers([worker_id])
        sentence = _taken_by(known, is_active=is_active, worker=self.worker)
        return EnrolledAsAnother(sentence, worker_id=worker_id, distance=distance)

    @property
    def _others(self) -> Others:
        """Who may be meant by the photos wrongly."""
        passed_over = self.distinct_from | ({self.worker.id} if self.worker else set())
        return Others(self.registry, self.live, self.contract, self.rules.cohort, frozenset(passed_over))


def identity(
    registry: Enrolments,
    live: LiveGallery,
    rules: EnrolmentRules,
    contract: str,
    worker: Worker | None,
    distinct_from: DistinctFrom | None,
    *,
    reseed: bool,
) -> Identity:
    """Whom photos must show that are added to `worker`, None for a newcomer. Raises RegistryError.

    distinct_from: decided now; what was decided of the worker before counts as well. reseed: the photos say
    who the worker is, not what they are enrolled and sealed as.
    """
    decided = {*distinct_from.worker_ids} if distinct_from else set()
    if worker is not None:
        decided |= {other.worker_id for other in worker.distinct_from}
    enrolled, seal = no_vectors(), None
    if worker is not None and not reseed:
        seal = registry.seal(worker.id)
        _, templates = registry.templates(contract, [worker.id])
        _, enrolled = fuse(templates)
    anew = worker is None or reseed
    return Identity(registry, live, rules, contract, worker, frozenset(decided), enrolled, seal, anew)


def newcomer_identity(registry: Compared, live: Searched, rules: EnrolmentRules, contract: str) -> Identity:
    """Whom photos must show of somebody new, of whom nothing was decided."""
    return Identity(registry, live, rules, contract, None, frozenset(), no_vectors(), None, anew=True)


def _templates(photos: Sequence[NewPhoto]) -> Vectors:
    return np.stack([photo.template for photo in photos])


def _stranger() -> EnrolmentRefused:
    return NotTheSamePerson(
        "This face is not the person on the worker's other photos; leave it out, or take another photo of "
        "the worker."
    )


def _taken_by(known: Worker, *, is_active: bool, worker: Worker | None) -> str:
    """That a face is the `known` worker's, and what to do if it is them and if it is not.

    How near it is stands beside the sentence, for those who may know scores.
    """
    whose = f"worker {known.id} ({known.name})"
    taken = f"This face is, or is very like, that of {whose}, who is enrolled already"
    add = f"`facevec worker add-photos id:{known.id} PHOTO...`"
    if is_active:
        if_same = f"{add} adds the photo to them"
    else:
        taken += " but inactive, or whose consent has ended"
        if_same = (
            f"renew it with `facevec worker consent id:{known.id} TEXT_VERSION`, then {add} adds the photo; "
            "or remove them"
        )
    again = "add NAME" if worker is None else f"add-photos id:{worker.id}"
    if_not = f"`facevec worker {again} PHOTO... --distinct-from id:{known.id}` (`distinct_from` in the API)"
    return (
        f"{taken}; if it is the same person, {if_same}; if it is somebody who looks like them, {if_not} "
        "enrols them."
    )


def _without_majority(
    photos: Sequence[NewPhoto], vectors: Vectors, threshold: float
) -> list[EnrolmentRefused | None]:
    """For each of `photos`, all of which are refused, whom it disagrees with."""
    distances = pairwise_distances(vectors, vectors)
    np.fill_diagonal(distances, 0.0)
    disagreeing = [
        [photo.source for photo, is_far in zip(photos, row, strict=True) if is_far]
        for row in distances > threshold
    ]
    return [
        NotTheSamePerson(
            f"This face is not the one on {_listed(others)}, and nobody is on more than half of these "
            f"{len(photos)} photos; leave out those that show somebody else, or add more of the worker."
        )
        for others in disagreeing
    ]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} others"
