"""Turning photos into templates of a worker, refusing those that would spoil the gallery."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from facevec.decision.cohort import SEARCH_DEPTH, normalized_distance
from facevec.decision.quality import in_words, quality_faults
from facevec.decision.resolve import EnrolmentRules
from facevec.decision.vectors import fuse, pairwise_distances, same_person, unit
from facevec.errors import (
    EnrolledAsAnother,
    EnrolmentRefused,
    FacevecError,
    InputError,
    LowQuality,
    NotTheSamePerson,
    PhotoAlreadyEnrolled,
    SeveralFaces,
    WorkerError,
)
from facevec.ports import Enrolments, LiveGallery, Vision
from facevec.types import (
    EMBEDDING_DIMENSION,
    Candidate,
    Consent,
    Enrolment,
    Face,
    NewPhoto,
    PhotoSource,
    Purpose,
    Refusal,
    Vectors,
    Worker,
)
from facevec.usecases.identify import Identifier
from facevec.usecases.people import OnPhoto
from facevec.usecases.see import see


@dataclass(frozen=True, slots=True)
class EnrolmentDesk:
    """What enrolment works with."""

    vision: Vision
    registry: Enrolments
    live: LiveGallery
    rules: EnrolmentRules
    keep_photos: bool = False

    @property
    def identifier(self) -> Identifier:
        """Searches among those whom this desk enrols."""
        return Identifier(self.vision.embedder, self.registry, self.live)


def enrol_worker(
    desk: EnrolmentDesk,
    name: str,
    photos: Iterable[PhotoSource],
    *,
    external_id: str | None = None,
    consent: Consent | None = None,
    on_photo: OnPhoto | None = None,
) -> Enrolment:
    """Enrol a new worker from `photos`; photos that will not do are refused one by one.

    Nothing is written when every photo is refused. Raises WorkerExists and WorkerError before any
    photo is looked at, RegistryError and ContractMismatch.
    """
    desk.registry.require_addable(name, external_id, consent)
    accepted, refused = _examine(desk, photos, worker=None, on_photo=on_photo)
    if not accepted:
        return Enrolment(name, None, (), refused)
    desk.registry.claim_model(desk.vision.embedder.model, desk.vision.embedder.contract)
    worker = desk.registry.add_worker(name, external_id, consent, accepted)
    return Enrolment(worker.name, worker, tuple(photo.source for photo in accepted), refused)


def add_photos(
    desk: EnrolmentDesk,
    worker: Worker,
    photos: Iterable[PhotoSource],
    *,
    on_photo: OnPhoto | None = None,
) -> Enrolment:
    """Add `photos` to a worker already enrolled; those of somebody else are refused.

    Raises WorkerNotFound, RegistryError and ContractMismatch, and WorkerError for a worker who may not
    be recognised now: nothing could be compared with their other photos.
    """
    if worker.id not in desk.registry.workers([worker.id]):
        raise WorkerError(
            f"Worker {worker.id} is inactive or their consent has ended; renew it with "
            f"`facevec worker consent id:{worker.id} TEXT_VERSION`, then add the photos."
        )
    accepted, refused = _examine(desk, photos, worker=worker, on_photo=on_photo)
    if accepted:
        desk.registry.claim_model(desk.vision.embedder.model, desk.vision.embedder.contract)
        worker = desk.registry.add_photos(worker.id, accepted)
    return Enrolment(worker.name, worker, tuple(photo.source for photo in accepted), refused)


def _examine(
    desk: EnrolmentDesk,
    photos: Iterable[PhotoSource],
    *,
    worker: Worker | None,
    on_photo: OnPhoto | None,
) -> tuple[list[NewPhoto], list[Refusal]]:
    usable: list[NewPhoto] = []
    crowded: list[_Photo] = []
    refused: list[Refusal] = []
    for photo in photos:
        try:
            seen = _photo(desk, photo)
            _refuse_duplicate(desk.registry, seen.sha256, [*usable, *crowded], worker)
            if seen.subject is None:
                crowded.append(seen)
            else:
                usable.append(_template(desk, seen, seen.subject))
        except (InputError, EnrolmentRefused) as error:
            refused.append(_refusal(photo.name, error))
        if on_photo:
            on_photo(photo.name)
    reference = _reference(desk, usable, worker)
    for seen in crowded:
        try:
            usable.append(_template(desk, seen, _the_worker_among(seen, reference, desk.rules)))
        except (InputError, EnrolmentRefused) as error:
            refused.append(_refusal(seen.source, error))
    accepted: list[NewPhoto] = []
    for template, fault in zip(usable, _identity_faults(desk, usable, worker), strict=True):
        if fault is None:
            accepted.append(template)
        else:
            refused.append(_refusal(template.source, fault))
    return accepted, refused


def _refusal(source: str, error: FacevecError) -> Refusal:
    return Refusal(source, error.code, str(error))


@dataclass(frozen=True, slots=True, eq=False)
class _Photo:
    """A photo, its faces and a template of each.

    subject: index of the face it is about, None when none stands out.
    """

    source: str
    sha256: str
    pixels: bytes | None
    faces: tuple[Face, ...]
    templates: Vectors
    subject: int | None


def _photo(desk: EnrolmentDesk, photo: PhotoSource) -> _Photo:
    scene = see(desk.vision, photo.data)
    try:
        subject = scene.faces.index(scene.subject())
    except SeveralFaces:
        subject = None
    return _Photo(
        source=photo.name,
        sha256=hashlib.sha256(photo.data).hexdigest(),
        pixels=photo.data if desk.keep_photos else None,
        faces=scene.faces,
        templates=desk.vision.embedder.embed(scene.image, scene.faces, Purpose.TEMPLATE),
        subject=subject,
    )


def _template(desk: EnrolmentDesk, photo: _Photo, subject: int) -> NewPhoto:
    quality = photo.faces[subject].quality
    faults = quality_faults(quality, desk.rules.gate)
    if faults:
        raise LowQuality(f"The face is {in_words(faults)}; use a better photo.")
    return NewPhoto(
        sha256=photo.sha256,
        source=photo.source,
        quality=quality,
        template=photo.templates[subject],
        contract=desk.vision.embedder.contract,
        pixels=photo.pixels,
    )


def _reference(desk: EnrolmentDesk, photos: Sequence[NewPhoto], worker: Worker | None) -> Vectors:
    """(1, dimension): what the worker looks like so far; (0, dimension) when nothing is known."""
    vectors = np.array([photo.template for photo in photos], dtype=np.float32)
    if worker is not None:
        _, known = desk.registry.templates(desk.vision.embedder.contract, [worker.id])
        if len(known.vectors):
            return fuse(known)[1]
    if len(vectors) == 0:
        return np.empty((0, EMBEDDING_DIMENSION), dtype=np.float32)
    same = vectors[same_person(vectors, desk.rules.same_person_threshold.value)]
    return unit(same.sum(axis=0, keepdims=True))


def _the_worker_among(photo: _Photo, reference: Vectors, rules: EnrolmentRules) -> int:
    """Index of the face that is the worker's, judged by their other photos. Raises SeveralFaces."""
    distances = pairwise_distances(photo.templates, reference)
    if distances.size == 0 or distances.min() > rules.same_person_threshold.value:
        raise SeveralFaces(
            f"{len(photo.faces)} faces were found, none stands out and none is the person on the worker's "
            "other photos; crop the photo to the worker."
        )
    return int(distances.argmin())


def _refuse_duplicate(
    registry: Enrolments, sha256: str, earlier: Sequence[NewPhoto | _Photo], worker: Worker | None
) -> None:
    if any(sha256 == other.sha256 for other in earlier):
        raise PhotoAlreadyEnrolled("The same file was given twice; it is enrolled once.")
    owner = registry.photo_owner(sha256)
    if owner is None:
        return
    if worker is not None and owner == worker.id:
        raise PhotoAlreadyEnrolled("This file is already enrolled for this worker; nothing to do.")
    raise PhotoAlreadyEnrolled(f"This file is already enrolled for worker {owner}.")


def _identity_faults(
    desk: EnrolmentDesk, photos: Sequence[NewPhoto], worker: Worker | None
) -> list[FacevecError | None]:
    """For each photo, why it cannot be this worker's, or None."""
    if not photos:
        return []
    vectors = np.stack([photo.template for photo in photos])
    threshold = desk.rules.same_person_threshold.value
    reference = _reference(desk, (), worker)
    if len(reference):
        same = pairwise_distances(vectors, reference)[:, 0] <= threshold
    else:
        same = same_person(vectors, threshold)
    # Photos of one person are compared with the others together: their mean tells people apart better.
    vectors[same] = unit(vectors[same].sum(axis=0, keepdims=True))
    return [
        _identity_fault(desk, bool(is_same), other)
        for is_same, other in zip(same, _nearest_others(desk, vectors, worker), strict=True)
    ]


def _identity_fault(
    desk: EnrolmentDesk, is_same: bool, other: tuple[int, float] | None
) -> FacevecError | None:
    if other is not None and other[1] <= desk.rules.other_person_threshold.value:
        return _enrolled_as_another(desk.registry, *other)
    if not is_same:
        return NotTheSamePerson("This face is not the person on the worker's other photos.")
    return None


def _enrolled_as_another(registry: Enrolments, worker_id: int, distance: float) -> EnrolledAsAnother:
    known = f"This face is already enrolled as worker {worker_id} (distance {distance:.2f})"
    if worker_id in registry.workers([worker_id]):
        return EnrolledAsAnother(f"{known}; add the photo to that worker, or remove them first.")
    return EnrolledAsAnother(
        f"{known}, who is inactive or whose consent has ended; renew it with `facevec worker consent "
        f"id:{worker_id} TEXT_VERSION` and add the photo to them, or remove them first."
    )


def _nearest_others(
    desk: EnrolmentDesk, vectors: Vectors, worker: Worker | None
) -> list[tuple[int, float] | None]:
    """For each vector the nearest worker other than `worker`, as (id, normalised distance)."""
    own = None if worker is None else worker.id
    return [
        _nearest_other([c for c in candidates if c.worker_id != own], desk.rules)
        for candidates in _nearest(desk, vectors, SEARCH_DEPTH + 1)
    ]


def _nearest(desk: EnrolmentDesk, vectors: Vectors, k: int) -> list[list[Candidate]]:
    """For each vector the `k` nearest of all workers, those who may not be recognised now included."""
    _, recognisable = desk.live.search(vectors, k)
    worker_ids, references = fuse(desk.registry.withheld_templates(desk.vision.embedder.contract))
    nearest = []
    for candidates, distances in zip(recognisable, pairwise_distances(vectors, references), strict=True):
        # A live view may still hold somebody whose consent has ended since: each counts once.
        everybody = dict(zip(worker_ids.tolist(), distances.tolist(), strict=True))
        everybody |= {candidate.worker_id: candidate.distance for candidate in candidates}
        ranked = sorted(everybody, key=everybody.__getitem__)[:k]
        nearest.append([Candidate(worker_id, everybody[worker_id]) for worker_id in ranked])
    return nearest


def _nearest_other(others: Sequence[Candidate], rules: EnrolmentRules) -> tuple[int, float] | None:
    distance = normalized_distance(others, rules.cohort)
    return None if distance is None else (others[0].worker_id, distance)
