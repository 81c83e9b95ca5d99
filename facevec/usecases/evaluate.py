"""How often facevec is wrong on people whose names are known: open-set identification, as in production.

Enrolment is `usecases.enrol` with all its refusals; a probe goes through `usecases.probes`. Name and margin
are the recheck's throughout.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from facevec.decision import rates, uneven
from facevec.decision.point import OperatingPoint
from facevec.decision.rates import Searches
from facevec.errors import InputError, NoFace, WorkerError
from facevec.types import Refusal, RefusedAs
from facevec.usecases.ahead import as_probe, as_templates, looking_ahead
from facevec.usecases.enrol import EnrolmentDesk, enrol_worker
from facevec.usecases.evaluation import Confusion, Evaluation, LookAlike, RatePoint
from facevec.usecases.identify import Search
from facevec.usecases.people import OnPhoto, Person, Read, readable, refusal
from facevec.usecases.probes import Prober, named_at

FPIRS = (0.01, 0.003)
"""Operating points that are always reported."""

WORST = 20
"""Confusions that are listed."""

STEPS = 160
"""Thresholds of the curve."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a photo of person number `person`, called `shows`. worker_id: None for a stranger.

    search: None where nothing could be searched for. names: the worker whom a wide threshold would name;
    distance: to the nearest, infinite without.
    """

    photo: str
    person: int
    shows: str
    worker_id: int | None
    search: Search | None
    group: str | None = None
    names: int | None = None
    distance: float = np.inf

    @property
    def nearest(self) -> int | None:
        """The nearest worker."""
        return self.search.candidates[0].worker_id if self.search and self.search.candidates else None

    @property
    def right(self) -> bool:
        """Whether the nearest worker is the one whom the photo shows."""
        return self.nearest is not None and self.nearest == self.worker_id

    @property
    def score(self) -> float:
        """The smallest threshold that counts: names a stranger anybody, a worker rightly."""
        counts = self.names is not None and self.worker_id in (None, self.names)
        return self.distance if counts else np.inf


@dataclass(slots=True)
class _Enrolled:
    """What became of the people who were to be enrolled.

    workers: place among them -> worker id. names: worker id -> whose. look_alikes: by who was refused and
    as whom. not_enrolled: people of whom no photo would do. refused: photos of those who are enrolled.
    """

    workers: dict[int, int] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    look_alikes: dict[tuple[str, str], LookAlike] = field(default_factory=dict)
    not_enrolled: list[Refusal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def note_look_alikes(self, person: Person, refused: Iterable[Refusal]) -> None:
        """Remember as whom photos of `person` were refused, for each such worker the nearest photo."""
        for one in refused:
            if isinstance(one, RefusedAs):
                alike = LookAlike(one.source, person.name, self.names[one.worker_id], one.distance)
                known = self.look_alikes.setdefault((alike.shows, alike.taken_for), alike)
                if alike.distance < known.distance:
                    self.look_alikes[alike.shows, alike.taken_for] = alike


@dataclass(frozen=True, slots=True)
class _Trial:
    """What became of everybody at `point`.

    mated: photos of people who are enrolled. others: those of strangers that could be searched for.
    not_searched: photos of either that could not.
    """

    point: OperatingPoint
    enrolled: _Enrolled
    mated: Sequence[_Outcome]
    others: Sequence[_Outcome]
    not_searched: Sequence[Refusal]


def evaluate(
    desk: EnrolmentDesk,
    point: OperatingPoint,
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
    candidates, outsiders = _divide(people, strangers)
    trial = _try_out(desk, point, candidates, outsiders, read, enrol_photos, on_photo or _silent)
    return _sum_up(trial, desk.vision.embedder.model, candidates, enrol_photos)


def _divide(people: Sequence[Person], strangers: Sequence[Person]) -> tuple[list[Person], list[Person]]:
    """(people to enrol, strangers). Raises InputError where there are none of either."""
    candidates = [person for person in people if len(person.photos) > 1]
    outsiders = [*strangers, *(person for person in people if len(person.photos) == 1)]
    if not candidates or not outsiders:
        raise InputError(
            "An evaluation needs people with two photos or more, and strangers: people with one photo, "
            "or a folder given with --strangers."
        )
    return candidates, outsiders


def _try_out(
    desk: EnrolmentDesk,
    point: OperatingPoint,
    candidates: Sequence[Person],
    outsiders: Sequence[Person],
    read: Read,
    enrol_photos: int,
    on_photo: OnPhoto,
) -> _Trial:
    """Enrol some photos of `candidates`, and search for all others. Raises as `evaluate`."""
    enrolling = [photo for person in candidates for photo in _to_enrol(person, enrol_photos)]
    probes = [photo for person in candidates for photo in _to_search(person, enrol_photos)]
    probes += [photo for person in outsiders for photo in person.photos]
    pictures = [*((photo, as_templates) for photo in enrolling), *((photo, as_probe) for photo in probes)]
    with looking_ahead(desk.vision, read, pictures) as (vision, read_ahead):
        ahead = replace(desk, vision=vision)
        enrolled = _enrol(ahead, candidates, read_ahead, enrol_photos, on_photo)
        workers = enrolled.workers
        if not workers:
            raise InputError(f"Nobody could be enrolled; the first reason: {enrolled.not_enrolled[0].reason}")
        prober = Prober(vision, ahead.identifier, point.for_gallery(len(workers)), read_ahead, on_photo)
        mated = [
            _outcome(prober, photo, place, person, workers[place])
            for place, person in enumerate(candidates)
            if place in workers
            for photo in _to_search(person, enrol_photos)
        ]
        others = [
            _outcome(prober, photo, place, person, None)
            for place, person in enumerate(outsiders)
            for photo in person.photos
        ]
    others = [outcome for outcome in others if outcome.search is not None]
    if not others:
        raise InputError("No stranger could be searched for: no face was found on any of their photos.")
    return _Trial(prober.point, enrolled, mated, others, prober.refused)


def _sum_up(trial: _Trial, model: str, candidates: Sequence[Person], enrol_photos: int) -> Evaluation:
    """The rates of a trial of `candidates`, and what they come from."""
    point, enrolled, mated, others = trial.point, trial.enrolled, trial.mated, trial.others
    workers, threshold = enrolled.workers, point.match_threshold.value
    of_workers, of_strangers = _searches(mated), _searches(others)
    return Evaluation(
        model=model,
        point=point,
        people=len(candidates),
        enrolled=len(workers),
        templates=sum(_enrolled_of(candidates[place], enrol_photos) for place in workers)
        - len(enrolled.refused),
        enrol_photos=enrol_photos,
        fte=rates.rate(
            np.array([place not in workers for place in range(len(candidates))]), np.arange(len(candidates))
        ),
        rank_one=rates.rate(np.array([outcome.right for outcome in mated]), of_workers.people),
        in_force=_rates_at(of_workers, of_strangers, threshold),
        points=tuple(_rates_at_fpir(of_workers, of_strangers, share) for share in FPIRS),
        curve=rates.curve(of_workers, of_strangers, _steps(of_workers, of_strangers)),
        confusions=_worst((*mated, *others), enrolled.names, point),
        look_alikes=tuple(sorted(enrolled.look_alikes.values(), key=lambda alike: alike.distance)),
        not_enrolled=tuple(enrolled.not_enrolled),
        refused=tuple(enrolled.refused),
        not_searched=tuple(trial.not_searched),
        nearest_mated=_distances(outcome for outcome in mated if outcome.right),
        nearest_non_mated=_distances(others),
        groups=uneven.by_group(
            of_strangers,
            [outcome.group for outcome in others],
            of_workers,
            [outcome.group for outcome in mated],
            threshold,
        ),
        lambs=uneven.lambs(
            [None if one.names is None else enrolled.names[one.names] for one in others],
            of_strangers,
            threshold,
        ),
    )


def _enrol(
    desk: EnrolmentDesk, people: Sequence[Person], read: Read, enrol_photos: int, on_photo: OnPhoto
) -> _Enrolled:
    enrolled = _Enrolled()
    for place, person in enumerate(people):
        bad: list[Refusal] = []
        photos = readable(_to_enrol(person, enrol_photos), read, bad)
        try:
            enrolment = enrol_worker(desk, person.name, photos, external_id=f"{place}", on_photo=on_photo)
        except WorkerError as error:
            enrolled.not_enrolled.append(refusal(person.name, error))
            continue
        bad += enrolment.refused
        enrolled.note_look_alikes(person, enrolment.refused)
        if enrolment.worker is None:
            reason = bad[0].reason if bad else "There is no photo."
            enrolled.not_enrolled.append(Refusal(person.name, bad[0].code if bad else NoFace.code, reason))
        else:
            enrolled.workers[place] = enrolment.worker.id
            enrolled.names[enrolment.worker.id] = person.name
            enrolled.refused += bad
    return enrolled


def _enrolled_of(person: Person, enrol_photos: int) -> int:
    return min(enrol_photos, len(person.photos) - 1)


def _to_enrol(person: Person, enrol_photos: int) -> Sequence[str]:
    return person.photos[: _enrolled_of(person, enrol_photos)]


def _to_search(person: Person, enrol_photos: int) -> Sequence[str]:
    return person.photos[_enrolled_of(person, enrol_photos) :]


def _outcome(prober: Prober, photo: str, number: int, person: Person, worker_id: int | None) -> _Outcome:
    search = prober.search(photo)
    outcome = _Outcome(photo, number, person.name, worker_id, search, person.group)
    if search is None:
        return outcome
    names, distance = named_at(search, prober.point)
    return replace(outcome, names=names, distance=distance)


def _searches(outcomes: Sequence[_Outcome]) -> Searches:
    people = np.array([outcome.person for outcome in outcomes], np.int64)
    _, places = np.unique(people, return_inverse=True)
    return Searches(np.array([outcome.score for outcome in outcomes]), places.astype(np.int64))


def _rates_at(mated: Searches, non_mated: Searches, threshold: float) -> RatePoint:
    return RatePoint(threshold, rates.fpir(non_mated, threshold), rates.fnir(mated, threshold))


def _rates_at_fpir(mated: Searches, non_mated: Searches, share: float) -> RatePoint:
    point = _rates_at(mated, non_mated, rates.cut(non_mated, share))
    return replace(point, target_fpir=share, tpir=rates.tpir_at(mated, non_mated, share))


def _steps(*searches: Searches) -> npt.NDArray[np.float64]:
    scores = np.concatenate([one.scores for one in searches])
    finite = scores[np.isfinite(scores)]
    low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 2.0)
    return np.linspace(low, high, STEPS)


def _worst(
    outcomes: Sequence[_Outcome], names: Mapping[int, str], point: OperatingPoint
) -> tuple[Confusion, ...]:
    """Searches that a threshold could make name somebody else, nearest first."""
    wrong = [
        Confusion(
            photo=outcome.photo,
            shows=outcome.shows,
            taken_for=names[outcome.names],
            distance=outcome.distance,
            mated=outcome.worker_id is not None,
            named=outcome.distance <= point.match_threshold.value,
        )
        for outcome in outcomes
        if outcome.names is not None and not outcome.right
    ]
    return tuple(sorted(wrong, key=lambda confusion: (confusion.distance, confusion.photo))[:WORST])


def _distances(outcomes: Iterable[_Outcome]) -> npt.NDArray[np.float32]:
    return np.array([outcome.distance for outcome in outcomes if outcome.nearest is not None], np.float32)


def _silent(_photo: str) -> None:
    """Nobody wants to know."""
