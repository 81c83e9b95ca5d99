"""The match threshold and margin that keep FPIR at a target, for the workers enrolled here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal

import numpy as np
import numpy.typing as npt

from facevec import policy
from facevec.errors import InputError, NoFace
from facevec.ports import Registry
from facevec.types import (
    Calibration,
    QualityGate,
    Refusal,
    Templates,
    Thresholds,
    Vectors,
)
from facevec.usecases import openset
from facevec.usecases.analyse import Vision
from facevec.usecases.enrol import OnPhoto
from facevec.usecases.evaluate import probe_face
from facevec.usecases.evaluation import ProbeFace
from facevec.usecases.openset import Flags, Indices, Scores, Searches
from facevec.usecases.people import Person, Read

MIN_PEOPLE = 20
"""Fewer strangers (or, without any, workers) say nothing: without an event FPIR may still be 0.15."""

MIN_MATED = 50
"""With fewer searches for workers the margin is left as it is: they could not tell which is best."""

MARGINS = (0.0, 0.01, 0.02, 0.03, 0.05)
"""Margins tried beside the one in force."""

MAX_WORKERS = 2000
"""Workers whose own photos are searched for, drawn at random from more: beyond that nothing is gained."""

GROWN = 2.0
"""Growth of the gallery that outdates a calibration: FPIR grows about as the gallery does."""

_BLOCK = 256

Origin = Literal["settings", "calibration", "model"]


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody's face that is in no worker's photo. person: whose; several faces may be one person's."""

    person: int
    face: ProbeFace


@dataclass(frozen=True, slots=True)
class ThresholdStatus:
    """What decides now and where it comes from. outdated: why the newest calibration no longer holds."""

    match_threshold: float
    min_margin: float
    threshold_from: Origin
    margin_from: Origin
    calibration: Calibration | None
    outdated: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """What searches found, whatever the threshold. right: whether it is who it should be."""

    distances: Scores
    margins: Scores
    right: Flags
    people: Indices

    def searches(self, min_margin: float) -> Searches:
        return Searches(
            np.where(self.right & (self.margins >= min_margin), self.distances, np.inf), self.people
        )


def look_at_strangers(
    vision: Vision, people: Sequence[Person], read: Read, on_photo: OnPhoto
) -> tuple[list[Stranger], list[Refusal]]:
    """The most prominent face on each photo, and the photos that cannot be used. Raises ModelError."""
    strangers: list[Stranger] = []
    refused: list[Refusal] = []
    for number, person in enumerate(people):
        for photo in person.photos:
            try:
                strangers.append(Stranger(number, probe_face(vision, read(photo))))
            except (InputError, NoFace) as error:
                refused.append(Refusal(photo, error.code, str(error)))
            on_photo(photo)
    return strangers, refused


def calibrate(
    registry: Registry, in_force: Thresholds, target_fpir: float, strangers: Sequence[Stranger] | None
) -> Calibration:
    """The widest threshold that may be expected to keep FPIR at `target_fpir` in today's gallery.

    Without strangers (None) each worker's templates are searched for in the gallery without that
    worker. Workers are searched for one photo at a time, in the gallery without that photo.
    Nothing is stored. in_force: gives the margin to start from and the probe gate.
    Raises InputError when there are too few people to say anything, RegistryError.
    """
    state = registry.state()
    if state.contract is None or state.model is None:
        raise InputError("Nobody is enrolled yet; enrol the workers first, then calibrate.")
    _, templates = registry.templates(state.contract)
    worker_ids, references = policy.fuse(templates)
    _refuse_too_few(len(worker_ids), strangers)
    own = _own_templates(templates, worker_ids)
    usual = policy.for_gallery(in_force, len(worker_ids)).neighbours
    if strangers is None:
        non_mated = _without_themselves(own, references, usual)
    else:
        non_mated = _of_strangers(strangers, references, in_force.probe_gate, usual)
    mated = _one_photo_out(own, references, usual)
    min_margin = _best_margin(mated, non_mated, target_fpir, in_force.min_margin)
    false, missed = non_mated.searches(min_margin), mated.searches(min_margin)
    threshold = openset.cut_for_others(false, target_fpir)
    if threshold <= 0:
        raise InputError(
            "A stranger looks exactly like a worker: photos of somebody enrolled are among the strangers'. "
            "Take them out, then calibrate."
        )
    fpir = openset.fpir(false, threshold)
    fnir = openset.fnir(missed, threshold) if len(missed) else None
    return Calibration(
        model=state.model,
        contract=state.contract,
        match_threshold=threshold,
        min_margin=min_margin,
        target_fpir=target_fpir,
        source="workers" if strangers is None else "strangers",
        workers=len(worker_ids),
        fpir=fpir.value,
        fpir_low=fpir.low,
        fpir_high=fpir.high,
        non_mated_searches=fpir.trials,
        non_mated_people=fpir.people,
        fnir=None if fnir is None else fnir.value,
        fnir_low=None if fnir is None else fnir.low,
        fnir_high=None if fnir is None else fnir.high,
        mated_searches=len(missed),
        created_at=datetime.now(timezone.utc),
    )


def is_enough(calibration: Calibration) -> bool:
    """Whether as many people were searched for as the rule of three asks for at this target."""
    return calibration.non_mated_people >= openset.people_needed(calibration.target_fpir)


def outdated(calibration: Calibration, contract: str | None, workers: int) -> str | None:
    """Why the calibration holds no longer for this contract and gallery, or None when it does."""
    if calibration.contract != contract:
        return "It was made for another embedding model; run `facevec calibrate` again."
    if workers > GROWN * calibration.workers:
        return (
            f"The gallery grew from {calibration.workers} workers to {workers} since, and FPIR grows with "
            "it; run `facevec calibrate` again."
        )
    return None


def _refuse_too_few(workers: int, strangers: Sequence[Stranger] | None) -> None:
    if strangers is None and workers < MIN_PEOPLE:
        raise InputError(
            f"{workers} workers are too few to calibrate from them alone; at least {MIN_PEOPLE} are needed. "
            "Give photos of people who are not enrolled with --strangers, or leave the threshold as it is."
        )
    if strangers is None:
        return
    people = len({one.person for one in strangers})
    if people < MIN_PEOPLE:
        raise InputError(
            f"{people} strangers with a usable photo are too few to say how often one would be named; "
            f"give at least {MIN_PEOPLE}, better {openset.people_needed(0.01)}."
        )
    if workers < 2:  # noqa: PLR2004  # the margin needs two
        raise InputError("A calibration needs at least two enrolled workers.")


def _own_templates(templates: Templates, worker_ids: npt.NDArray[np.int64]) -> Templates:
    """Templates with the worker's place in `worker_ids` as id, of at most MAX_WORKERS of them."""
    places = np.searchsorted(worker_ids, templates.worker_ids)
    if len(worker_ids) > MAX_WORKERS:
        drawn = np.random.default_rng(openset.SEED).choice(len(worker_ids), MAX_WORKERS, replace=False)
        kept = np.isin(places, drawn)
        return Templates(places[kept], templates.vectors[kept])
    return Templates(places, templates.vectors)


def _of_strangers(
    strangers: Sequence[Stranger], references: Vectors, gate: QualityGate, usual: float
) -> _Nearest:
    """What both looks found: the second's, with the distances of `policy.settled`."""
    usable = np.array([not policy.quality_faults(one.face.face.quality, gate) for one in strangers])
    people = np.array([one.person for one in strangers], np.int64)
    first, second = (
        _nearest([_smallest(block) for _, block in _blocks(vectors, references)], usable, people, usual)
        for vectors in (
            np.stack([one.face.first for one in strangers]),
            np.stack([one.face.second for one in strangers]),
        )
    )
    return replace(second, distances=policy.settled(first.distances, second.distances))


def _without_themselves(own: Templates, references: Vectors, usual: float) -> _Nearest:
    """Each template in the gallery without its worker."""
    found = []
    for rows, block in _blocks(own.vectors, references):
        block[np.arange(len(block)), own.worker_ids[rows]] = np.inf
        found.append(_smallest(block))
    return _nearest(found, np.ones(len(own.vectors), np.bool_), own.worker_ids, usual)


def _one_photo_out(own: Templates, references: Vectors, usual: float) -> _Nearest:
    """Each template of workers with several, in the gallery in which it is not part of its worker."""
    sums = np.zeros_like(references)
    np.add.at(sums, own.worker_ids, own.vectors)
    several = np.bincount(own.worker_ids, minlength=len(references))[own.worker_ids] > 1
    vectors, workers = own.vectors[several], own.worker_ids[several]
    others = policy.unit(sums[workers] - vectors)
    to_own = np.sqrt(np.maximum(2 - 2 * np.einsum("ij,ij->i", vectors, others), 0))
    found, right = [], []
    for rows, block in _blocks(vectors, references):
        block[np.arange(len(block)), workers[rows]] = to_own[rows]
        right.append(block.argmin(axis=1) == workers[rows])
        found.append(_smallest(block))
    return _nearest(found, np.concatenate([np.empty(0, np.bool_), *right]), workers, usual)


def _blocks(vectors: Vectors, references: Vectors) -> Iterator[tuple[slice, Scores]]:
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        yield rows, policy.pairwise_distances(vectors[rows], references).astype(np.float64)


def _smallest(distances: Scores) -> Scores:
    """(n, CANDIDATES): the smallest of each row, ascending; infinite where there are no more."""
    missing = max(0, policy.CANDIDATES - distances.shape[1])
    padded = np.pad(distances, ((0, 0), (0, missing)), constant_values=np.inf)
    smallest: Scores = np.sort(
        np.partition(padded, policy.NEIGHBOURS, axis=1)[:, : policy.CANDIDATES], axis=1
    )
    return smallest


def _nearest(found: Sequence[Scores], right: Flags, people: Indices, usual: float) -> _Nearest:
    near = np.concatenate([np.empty((0, policy.CANDIDATES)), *found])
    _, places = np.unique(people, return_inverse=True)
    return _Nearest(
        policy.normalised(near, usual),
        near[:, 1] - near[:, 0],
        right,
        places.astype(np.int64),
    )


def _best_margin(mated: _Nearest, non_mated: _Nearest, target_fpir: float, given: float) -> float:
    """The margin in force, unless with another fewer workers are missed at the same FPIR."""
    if len(mated.distances) < MIN_MATED:
        return given
    margins = sorted({given, *MARGINS}, key=lambda margin: (abs(margin - given), margin))
    missed = [
        openset.missed(
            mated.searches(margin), openset.cut_for_others(non_mated.searches(margin), target_fpir)
        )
        for margin in margins
    ]
    return margins[int(np.argmin(missed))]
