"""Enrolling somebody who may be enrolled already, or is at this very moment by another process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from facevec.errors import PhotoAlreadyEnrolled, WorkerError
from facevec.types import Consent, DistinctFrom, Enrolment, PhotoSource, Position, Worker
from facevec.usecases.consent import renew_consent
from facevec.usecases.enrol import EnrolmentDesk, add_photos, enrol_worker
from facevec.usecases.people import OnPhoto

Find = Callable[[], Worker | None]
"""The worker somebody is, None when they are not enrolled. May raise WorkerError."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of somebody's photos.

    created: whether they are a new worker. already: photos that were this worker's before, and copies.
    """

    enrolment: Enrolment
    created: bool
    already: tuple[str, ...] = ()


def enrol_or_add(
    desk: EnrolmentDesk,
    find: Find,
    name: str,
    photos: Iterable[PhotoSource],
    *,
    external_id: str | None = None,
    consent: Consent | None = None,
    distinct_from: DistinctFrom | None = None,
    on_photo: OnPhoto | None = None,
) -> Admission:
    """Add `photos` to the worker that `find` finds; enrol a new one of that name when it finds none.

    Whatever another process does to the same worker meanwhile, the answer is the one that coming after it
    would have got. photos: gone through once more each time another process was faster, so no iterator.
    consent: of a worker who is there it is recorded before their photos are looked at, where it says
    anything new. distinct_from: as for `enrol_worker`. Raises what `find`, `enrol_worker`, `add_photos` and
    `renew_consent` raise; PhotoAlreadyEnrolled only where the registry contradicts itself.
    """
    position: Position | None = None
    while True:
        worker = find()
        owned = _Owned(desk, worker, on_photo)
        new = owned.without(photos)
        try:
            if worker is None:
                enrolment = enrol_worker(
                    desk,
                    name,
                    new,
                    external_id=external_id,
                    consent=consent,
                    distinct_from=distinct_from,
                    on_photo=on_photo,
                )
            else:
                worker = renew_consent(desk.registry, worker, consent, desk.consents, desk.clock())
                enrolment = add_photos(desk, worker, new, distinct_from=distinct_from, on_photo=on_photo)
        except PhotoAlreadyEnrolled:
            before, position = position, desk.registry.position()
            if position == before:
                raise  # Nothing has changed since the last time: it would be so for ever.
            continue  # Somebody enrolled one of them between the look at it and the writing.
        except WorkerError:
            if _same(find(), worker):
                raise
            continue  # They were enrolled meanwhile, or removed.
        if worker is None and enrolment.worker is None and find() is not None:
            continue  # The photos were refused because they are this worker's by now.
        return owned.admission(enrolment)


def _same(worker: Worker | None, other: Worker | None) -> bool:
    return (worker and worker.id) == (other and other.id)


class _Owned:
    """Photos that are the worker's already."""

    def __init__(self, desk: EnrolmentDesk, worker: Worker | None, on_photo: OnPhoto | None) -> None:
        self._registry = desk.registry
        self._successor = desk.successor
        self._worker = worker
        self._on_photo = on_photo
        self._hashes: dict[str, str] = {}
        self._owned: list[str] = []

    def without(self, photos: Iterable[PhotoSource]) -> Iterator[PhotoSource]:
        """The others of `photos`."""
        for photo in photos:
            self._hashes[photo.name] = hashlib.sha256(photo.data).hexdigest()
            if self._is_of(self._worker, photo.name):
                self._owned.append(photo.name)
                if self._successor is not None:
                    self._successor.take(photo.data)
                if self._on_photo:
                    self._on_photo(photo.name)
            else:
                yield photo

    def admission(self, enrolment: Enrolment) -> Admission:
        """A copy of a photo is refused with good reason, yet it is the worker's."""
        copies = [
            refusal
            for refusal in enrolment.refused
            if refusal.code == PhotoAlreadyEnrolled.code and self._is_of(enrolment.worker, refusal.source)
        ]
        return Admission(
            replace(enrolment, refused=tuple(one for one in enrolment.refused if one not in copies)),
            created=self._worker is None and enrolment.worker is not None,
            already=(*self._owned, *(copy.source for copy in copies)),
        )

    def _is_of(self, worker: Worker | None, photo: str) -> bool:
        return worker is not None and self._registry.photo_owner(self._hashes[photo]) == worker.id
