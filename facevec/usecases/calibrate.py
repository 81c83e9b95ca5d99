"""The match threshold and margin that keep FPIR at a target, for the workers enrolled here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt

from facevec.decision import rates, uneven
from facevec.decision.cohort import SEARCH_DEPTH, normalized
from facevec.decision.point import OperatingPoint, settled
from facevec.decision.quality import quality_faults
from facevec.decision.rates import Flags, Indices, Scores, Searches
from facevec.decision.scales.crowd import smallest
from facevec.decision.uneven import GroupRates, Lamb
from facevec.decision.vectors import fuse, pairwise_distances, unit
from facevec.errors import InputError
from facevec.ports import TemplateSource
from facevec.types import Calibration, Cohort, Estimate, Templates, Vectors
from facevec.usecases.identify import Candidates
from facevec.usecases.strangers import Stranger

MIN_PEOPLE = 20
"""Fewer strangers (or, without any, workers) say nothing: without an event FPIR may still be 0.15."""

MIN_MATED = 50
"""With fewer searches for workers the margin is left as it is: they could not tell which is best."""

MARGINS = (0.0, 0.01, 0.02, 0.03, 0.05)
"""Margins tried beside the one in force."""

MAX_WORKERS = 2000
"""Workers whose own photos are searched for, drawn at random from more: beyond that nothing is gained."""

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and for whom its rate is another: groups of strangers, and workers who draw them."""

    calibration: Calibration
    groups: tuple[GroupRates, ...]
    lambs: tuple[Lamb, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """What searches found, whatever the threshold. right: whether it is who it should be. workers: whom the
    nearest is, by id.
    """

    distances: Scores
    margins: Scores
    right: Flags
    people: Indices
    workers: Indices

    def searches(self, min_margin: float) -> Searches:
        return Searches(
            np.where(self.right & (self.margins >= min_margin), self.distances, np.inf), self.people
        )


def calibrate(
    registry: TemplateSource,
    in_force: OperatingPoint,
    target_fpir: float,
    strangers: Sequence[Stranger] | None,
    now: Callable[[], datetime],
) -> Calibrated:
    """The widest threshold that may be expected to keep FPIR at `target_fpir` in today's gallery.

    Without strangers (None) each worker's templates are searched for in the gallery without that worker,
    and without those from whom they were decided to be distinct: of a stranger nobody decided that.
    Workers are searched for one photo at a time, in the gallery without that photo; where it may be their
    look-alike's at the threshold in force, they are missed.
    Nothing is stored; lambs are named by their ids. in_force: gives the margin to start from, the probe gate
    and the cohort.
    Raises InputError when there are too few people to say anything, RegistryError.
    """
    state = registry.state()
    if state.contract is None or state.model is None:
        raise InputError("Nobody is enrolled yet; enrol the workers first, then calibrate.")
    _, templates = registry.templates(state.contract)
    worker_ids, references = fuse(templates)
    _refuse_too_few(len(worker_ids), strangers)
    own = _own_templates(templates, worker_ids)
    point = in_force.for_gallery(len(worker_ids))
    look_alikes = _places_of_pairs(registry, worker_ids)
    if strangers is None:
        non_mated = _without_themselves(own, worker_ids, references, look_alikes, point.cohort)
    else:
        non_mated = _of_strangers(strangers, point)
    mated = _one_photo_out(own, references, look_alikes, point)
    min_margin = _best_margin(mated, non_mated, target_fpir, point.min_margin.value)
    false, missed = non_mated.searches(min_margin), mated.searches(min_margin)
    threshold = rates.cut_for_others(false, target_fpir)
    if threshold <= 0:
        raise InputError(
            "A stranger looks exactly like a worker: photos of somebody enrolled are among the strangers'. "
            "Take them out, then calibrate."
        )
    fpir = rates.fpir(false, threshold)
    calibration = Calibration(
        model=state.model,
        contract=state.contract,
        match_threshold=threshold,
        min_margin=min_margin,
        target_fpir=target_fpir,
        source="workers" if strangers is None else "strangers",
        workers=len(worker_ids),
        fpir=Estimate(fpir.value, fpir.low, fpir.high),
        non_mated_searches=fpir.trials,
        non_mated_people=fpir.people,
        fnir=_fnir(missed, threshold),
        mated_searches=len(missed),
        created_at=now(),
    )
    groups = [] if strangers is None else [stranger.group for stranger in strangers]
    return Calibrated(
        calibration,
        groups=uneven.by_group(false, groups, None, (), threshold) if any(groups) else (),
        lambs=uneven.lambs([f"{worker}" for worker in non_mated.workers], false, threshold),
    )


def _fnir(missed: Searches, threshold: float) -> Estimate | None:
    if not len(missed):
        return None
    fnir = rates.fnir(missed, threshold)
    return Estimate(fnir.value, fnir.low, fnir.high)


def _refuse_too_few(workers: int, strangers: Sequence[Stranger] | None) -> None:
    if strangers is None and workers < MIN_PEOPLE:
        raise InputError(
            f"{workers} workers are too few to calibrate from them alone; at least {MIN_PEOPLE} are needed. "
            "Give photos of people who are not enrolled with --strangers, or leave the threshold as it is."
        )
    if strangers is None:
        return
    people = len({stranger.person for stranger in strangers})
    if people < MIN_PEOPLE:
        raise InputError(
            f"{people} strangers with a usable photo are too few to say how often one would be named; "
            f"give at least {MIN_PEOPLE}, better {rates.people_needed(0.01)}."
        )
    if workers < 2:  # noqa: PLR2004  # the margin needs two
        raise InputError("A calibration needs at least two enrolled workers.")


def _own_templates(
    templates: Templates, worker_ids: npt.NDArray[np.int64], most: int = MAX_WORKERS
) -> Templates:
    """Templates with the worker's place in `worker_ids` as id, of at most so many of them."""
    places = np.searchsorted(worker_ids, templates.worker_ids)
    if len(worker_ids) > most:
        drawn = np.random.default_rng(rates.SEED).choice(len(worker_ids), most, replace=False)
        kept = np.isin(places, drawn)
        return Templates(places[kept], templates.vectors[kept])
    return Templates(places, templates.vectors)


def _of_strangers(strangers: Sequence[Stranger], point: OperatingPoint) -> _Nearest:
    """What the rechecks found, with the distances of `settled`."""
    usable = np.array(
        [not quality_faults(stranger.search.face.quality, point.probe_gate) for stranger in strangers]
    )
    people = np.array([stranger.person for stranger in strangers], np.int64)
    workers = np.array([stranger.search.candidates[0].worker_id for stranger in strangers], np.int64)
    first, recheck = (
        _nearest([_padded(candidates) for candidates in searches], usable, people, point.cohort, workers)
        for searches in (
            [stranger.search.first for stranger in strangers],
            [stranger.search.candidates for stranger in strangers],
        )
    )
    return replace(recheck, distances=settled(first.distances, recheck.distances))


def _padded(candidates: Candidates) -> Scores:
    """(1, SEARCH_DEPTH): their distances, infinite where there are no more."""
    distances = np.full((1, SEARCH_DEPTH), np.inf)
    distances[0, : len(candidates)] = [candidate.distance for candidate in candidates]
    return distances


def _places_of_pairs(registry: TemplateSource, worker_ids: Indices) -> list[tuple[int, int]]:
    """The places in `worker_ids` of any two workers who were decided to be two people."""
    places = {int(worker_id): place for place, worker_id in enumerate(worker_ids)}
    pairs = registry.distinct_pairs()
    return [(places[one], places[other]) for one, other in pairs if one in places and other in places]


def _without_themselves(
    own: Templates,
    worker_ids: Indices,
    references: Vectors,
    look_alikes: Sequence[tuple[int, int]],
    cohort: Cohort | None,
) -> _Nearest:
    """Each template in the gallery without its worker and their look-alikes, given by their places."""
    nearest, drawn_to = [], []
    for rows, block in _blocks(own.vectors, references):
        workers = own.worker_ids[rows]
        block[np.arange(len(block)), workers] = np.inf
        for one, other in look_alikes:
            block[workers == one, other] = np.inf
            block[workers == other, one] = np.inf
        nearest.append(smallest(block))
        drawn_to.append(worker_ids[block.argmin(axis=1)])
    everybody = np.ones(len(own.vectors), np.bool_)
    return _nearest(nearest, everybody, own.worker_ids, cohort, np.concatenate(drawn_to))


def _one_photo_out(
    own: Templates, references: Vectors, look_alikes: Sequence[tuple[int, int]], point: OperatingPoint
) -> _Nearest:
    """Each template of workers with several, in the gallery in which it is not part of its worker.

    One that may be their look-alike's, given by their places, is not theirs.
    """
    sums = np.zeros_like(references)
    np.add.at(sums, own.worker_ids, own.vectors)
    several = np.bincount(own.worker_ids, minlength=len(references))[own.worker_ids] > 1
    vectors, workers = own.vectors[several], own.worker_ids[several]
    others = unit(sums[workers] - vectors)
    to_own = np.sqrt(np.maximum(2 - 2 * np.einsum("ij,ij->i", vectors, others), 0))
    nearest, right = [], []
    for rows, block in _blocks(vectors, references):
        block[np.arange(len(block)), workers[rows]] = to_own[rows]
        near = smallest(block)
        distances = normalized(near, point.cohort)
        is_theirs = block.argmin(axis=1) == workers[rows]
        for place, other in _beside(workers[rows], look_alikes):
            to_other = float(block[place, other] + distances[place] - near[place, 0])
            is_theirs[place] &= not point.may_be_either(
                float(distances[place]), to_other, point.match_threshold
            )
        right.append(is_theirs)
        nearest.append(near)
    are_right = np.concatenate([np.empty(0, np.bool_), *right])
    return _nearest(nearest, are_right, workers, point.cohort, workers)


def _beside(workers: Indices, look_alikes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Each row of a worker who has a look-alike, with the look-alike's place."""
    for pair in look_alikes:
        for worker, other in (pair, pair[::-1]):
            for row in np.flatnonzero(workers == worker):
                yield int(row), other


def _blocks(vectors: Vectors, references: Vectors) -> Iterator[tuple[slice, Scores]]:
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        yield rows, pairwise_distances(vectors[rows], references).astype(np.float64)


def _nearest(
    nearest: Sequence[Scores], right: Flags, people: Indices, cohort: Cohort | None, workers: Indices
) -> _Nearest:
    near = np.concatenate([np.empty((0, SEARCH_DEPTH)), *nearest])
    _, places = np.unique(people, return_inverse=True)
    return _Nearest(
        normalized(near, cohort),
        near[:, 1] - near[:, 0],
        right,
        places.astype(np.int64),
        workers,
    )


def _best_margin(mated: _Nearest, non_mated: _Nearest, target_fpir: float, in_force: float) -> float:
    """The margin in force, unless with another fewer workers are missed at the same FPIR."""
    if len(mated.distances) < MIN_MATED:
        return in_force
    margins = sorted({in_force, *MARGINS}, key=lambda margin: (abs(margin - in_force), margin))
    missed = [
        rates.missed(mated.searches(margin), rates.cut_for_others(non_mated.searches(margin), target_fpir))
        for margin in margins
    ]
    return margins[int(np.argmin(missed))]
