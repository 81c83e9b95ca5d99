"""How often facevec is wrong on people whose names are known: open-set identification, as in production.

Enrolment is `usecases.enrol` with all its refusals; a probe goes through the detector, the embedder, the
live gallery and `policy.decide`. Each is looked at twice, so that the distance is measured as any threshold
would judge it (`policy.settled`); name and margin are the second look's throughout. Of a probe with
several faces the most prominent is searched for, as its photo is about one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from facevec import policy
from facevec.errors import InputError, NoFace, WorkerError
from facevec.ports import LiveGallery
from facevec.types import Candidate, Looks, Quality, Refusal, Thresholds
from facevec.usecases import openset
from facevec.usecases.analyse import Vision
from facevec.usecases.enrol import EnrolmentDesk, OnPhoto, enrol_worker
from facevec.usecases.evaluation import Confusion, Evaluation, OperatingPoint, ProbeFace
from facevec.usecases.openset import Searches
from facevec.usecases.people import Person, Read, readable

FPIRS = (0.01, 0.003)
"""Operating points that are always told."""

WORST = 20
"""Confusions that are listed."""

STEPS = 160
"""Thresholds of the curve."""

SEARCHED_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A photo that is searched for. worker_id: None for a stranger. face: None where none can be used."""

    photo: str
    person: int
    shows: str
    worker_id: int | None
    face: ProbeFace | None


@dataclass(frozen=True, slots=True)
class _Found:
    """names: the worker whom a wide threshold would name; distance: to the nearest, infinite without."""

    probe: Probe
    candidates: tuple[Candidate, ...] = ()
    names: int | None = None
    distance: float = np.inf

    @property
    def right(self) -> bool:
        return bool(self.candidates) and self.candidates[0].worker_id == self.probe.worker_id

    @property
    def score(self) -> float:
        """The smallest threshold that counts: names a stranger anybody, a worker rightly."""
        counts = self.names is not None and self.probe.worker_id in (None, self.names)
        return self.distance if counts else np.inf


def evaluate(
    desk: EnrolmentDesk,
    thresholds: Thresholds,
    people: Sequence[Person],
    strangers: Sequence[Person],
    read: Read,
    *,
    enrol_photos: int = 3,
    on_photo: OnPhoto | None = None,
) -> Evaluation:
    """Enrol the first photos of `people` at `desk`, an empty one, and search for all others and `strangers`.

    People with one photo are strangers too. At most `enrol_photos` of a person are enrolled, and one
    always stays to be searched for. Raises InputError when nobody could be enrolled or nobody is a
    stranger, ModelError, RegistryError.
    """
    told = on_photo or _silent
    candidates = [person for person in people if len(person.photos) > 1]
    outsiders = [*strangers, *(person for person in people if len(person.photos) == 1)]
    if not candidates or not outsiders:
        raise InputError(
            "An evaluation needs people with two photos or more, and strangers: people with one photo, "
            "or a folder given with --strangers."
        )
    workers, not_enrolled, refused = _enrol(desk, candidates, read, enrol_photos, told)
    if not workers:
        raise InputError(f"Nobody could be enrolled; the first reason: {not_enrolled[0].reason}")
    mated_photos = (
        (place, person.name, workers[place], photo)
        for place, person in enumerate(candidates)
        if place in workers
        for photo in person.photos[_enrolled_of(person, enrol_photos) :]
    )
    other_photos = (
        (place, person.name, None, photo) for place, person in enumerate(outsiders) for photo in person.photos
    )
    not_searched: list[Refusal] = []
    mated = list(_probes(desk.vision, mated_photos, read, not_searched, told))
    others = [
        one for one in _probes(desk.vision, other_photos, read, not_searched, told) if one.face is not None
    ]
    if not others:
        raise InputError("No stranger could be searched for: no face was found on any of their photos.")
    thresholds = policy.for_gallery(thresholds, len(workers))
    names = {worker_id: candidates[place].name for place, worker_id in workers.items()}
    found_mated, found_others = _search(desk, thresholds, mated), _search(desk, thresholds, others)
    of_workers, of_strangers = _searches(found_mated), _searches(found_others)
    return Evaluation(
        model=desk.vision.embedder.model,
        thresholds=thresholds,
        people=len(candidates),
        enrolled=len(workers),
        templates=sum(_enrolled_of(candidates[place], enrol_photos) for place in workers) - len(refused),
        enrol_photos=enrol_photos,
        fte=openset.rate(
            np.array([place not in workers for place in range(len(candidates))]), np.arange(len(candidates))
        ),
        rank_one=openset.rate(np.array([one.right for one in found_mated]), of_workers.people),
        in_force=_point(of_workers, of_strangers, thresholds.match_threshold),
        points=tuple(_point_at(of_workers, of_strangers, share) for share in FPIRS),
        curve=openset.curve(of_workers, of_strangers, _steps(of_workers, of_strangers)),
        confusions=_worst((*found_mated, *found_others), names, thresholds),
        not_enrolled=tuple(not_enrolled),
        refused=tuple(refused),
        not_searched=tuple(not_searched),
        nearest_mated=_nearest(one for one in found_mated if one.right),
        nearest_non_mated=_nearest(iter(found_others)),
    )


def probe_face(vision: Vision, data: bytes) -> ProbeFace:
    """The face a probe is about, the most prominent, looked at twice.

    Raises NoFace, and what `ImageDecoder.decode` raises.
    """
    image = vision.decoder.decode(data)
    faces = vision.detector.detect(image)
    if not faces:
        raise NoFace("No face was found.")
    face = max(faces, key=lambda one: policy.prominence(one, image.width, image.height))
    (first,), (second,) = (vision.embedder.embed(image, [face], looks) for looks in (Looks.ONCE, Looks.AGAIN))
    return ProbeFace(face, first, second)


def search_twice(
    live: LiveGallery, faces: Sequence[ProbeFace]
) -> Iterator[tuple[tuple[Candidate, ...], tuple[Candidate, ...]]]:
    """The nearest workers of each face, of at least one, by the first and by the second look."""
    _, first = live.search(np.stack([face.first for face in faces]), policy.CANDIDATES)
    _, second = live.search(np.stack([face.second for face in faces]), policy.CANDIDATES)
    return zip(first, second, strict=True)


def named_at(
    first: Sequence[Candidate], second: Sequence[Candidate], quality: Quality, thresholds: Thresholds
) -> tuple[int | None, float]:
    """(whom a search names once the threshold is wide enough, None if never; distance to the nearest).

    first, second: what both looks found. The name is the second's, the distance that of `policy.settled`.
    """
    decision = policy.decide(second, quality, replace(thresholds, match_threshold=2.0))
    before = policy.distance_to_nearest(first, thresholds.neighbours)
    if before is None or decision.distance is None:
        return None, np.inf
    (distance,) = policy.settled(np.array([before]), np.array([decision.distance]))
    return decision.worker_id, float(distance)


def _enrol(
    desk: EnrolmentDesk, people: Sequence[Person], read: Read, enrol_photos: int, told: OnPhoto
) -> tuple[dict[int, int], list[Refusal], list[Refusal]]:
    """(place in `people` -> worker id, people not enrolled, photos refused of those who are)."""
    workers: dict[int, int] = {}
    not_enrolled: list[Refusal] = []
    refused: list[Refusal] = []
    for place, person in enumerate(people):
        bad: list[Refusal] = []
        photos = readable(person.photos[: _enrolled_of(person, enrol_photos)], read, bad)
        try:
            done = enrol_worker(desk, person.name, photos, external_id=f"{place}", on_photo=told)
        except WorkerError as error:
            not_enrolled.append(Refusal(person.name, error.code, str(error)))
            continue
        bad += done.refused
        if done.worker is None:
            reason = bad[0].reason if bad else "There is no photo."
            not_enrolled.append(Refusal(person.name, bad[0].code if bad else NoFace.code, reason))
        else:
            workers[place] = done.worker.id
            refused += bad
    return workers, not_enrolled, refused


def _enrolled_of(person: Person, enrol_photos: int) -> int:
    return min(enrol_photos, len(person.photos) - 1)


def _probes(
    vision: Vision,
    photos: Iterator[tuple[int, str, int | None, str]],
    read: Read,
    not_searched: list[Refusal],
    told: OnPhoto,
) -> Iterator[Probe]:
    for person, shows, worker_id, photo in photos:
        face = None
        try:
            face = probe_face(vision, read(photo))
        except (InputError, NoFace) as error:
            not_searched.append(Refusal(photo, error.code, str(error)))
        told(photo)
        yield Probe(photo, person, shows, worker_id, face)


def _search(desk: EnrolmentDesk, thresholds: Thresholds, probes: Sequence[Probe]) -> list[_Found]:
    found = []
    for start in range(0, len(probes), SEARCHED_AT_ONCE):
        some = probes[start : start + SEARCHED_AT_ONCE]
        faces = [one.face for one in some if one.face is not None]
        nearest = iter(search_twice(desk.live, faces) if faces else ())
        for probe in some:
            if probe.face is None:
                found.append(_Found(probe))
                continue
            first, second = next(nearest)
            quality = probe.face.face.quality
            found.append(_Found(probe, second, *named_at(first, second, quality, thresholds)))
    return found


def _searches(found: Sequence[_Found]) -> Searches:
    people = np.array([one.probe.person for one in found], np.int64)
    _, places = np.unique(people, return_inverse=True)
    return Searches(np.array([one.score for one in found]), places.astype(np.int64))


def _point(mated: Searches, non_mated: Searches, threshold: float) -> OperatingPoint:
    return OperatingPoint(threshold, openset.fpir(non_mated, threshold), openset.fnir(mated, threshold))


def _point_at(mated: Searches, non_mated: Searches, share: float) -> OperatingPoint:
    point = _point(mated, non_mated, openset.cut(non_mated, share))
    return replace(point, target_fpir=share, tpir=openset.tpir_at(mated, non_mated, share))


def _steps(*searches: Searches) -> npt.NDArray[np.float64]:
    scores = np.concatenate([one.scores for one in searches])
    finite = scores[np.isfinite(scores)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 2.0)
    return np.linspace(low, high, STEPS)


def _worst(
    found: Sequence[_Found], names: Mapping[int, str], thresholds: Thresholds
) -> tuple[Confusion, ...]:
    """Searches that a threshold could make name somebody else, nearest first."""
    wrong = []
    for one in found:
        if one.names is None or one.right:
            continue
        wrong.append(
            Confusion(
                photo=one.probe.photo,
                shows=one.probe.shows,
                taken_for=names[one.names],
                distance=one.distance,
                mated=one.probe.worker_id is not None,
                named=one.distance <= thresholds.match_threshold,
            )
        )
    return tuple(sorted(wrong, key=lambda one: (one.distance, one.photo))[:WORST])


def _nearest(found: Iterator[_Found]) -> npt.NDArray[np.float32]:
    return np.array([one.distance for one in found if one.candidates], np.float32)


def _silent(_photo: str) -> None:
    """Nobody wants to be told."""
