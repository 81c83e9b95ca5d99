"""Both models of a change beside each other, on the operator's own photos, before one replaces the other.

Each photo that has a template of both is searched for, without itself, among everybody: as a worker's, with
the worker's other photos enrolled, and as a stranger's, in the gallery without its worker. Each model decides
by its own operating point. Templates are searched for, which are made with more care than a camera's probes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision import cohort, rates
from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.point import OperatingPoint
from facevec.decision.rates import Rate
from facevec.decision.vectors import pairwise_distances, unit
from facevec.ports import ChangeSource
from facevec.types import Model, ModelChange, Vectors
from facevec.usecases.night.neighbours import NOBODY
from facevec.usecases.roll import every_page

MOST_PHOTOS = 10_000
"""Drawn at random from more: beyond that nothing is gained."""

BLOCK = 256

Ids = npt.NDArray[np.int64]
PointOf = Callable[[Model], OperatingPoint]


@dataclass(frozen=True, slots=True)
class ModelTrial:
    """How one of the models did. fnir: None where nobody has two photos. threshold: the match distance."""

    model: str
    threshold: float
    fpir: Rate
    fnir: Rate | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A worker's photo that the models decide otherwise: whom each names, None for nobody."""

    photo_id: int
    worker_id: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both models on the same photos of so many workers. searched: photos of workers who have others."""

    workers: int
    photos: int
    searched: int
    before: ModelTrial
    after: ModelTrial
    disagreements: tuple[Disagreement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Photos:
    """Photos in the order of their ids: (n,) ids, (n,) workers, (n, dimension) templates."""

    ids: Ids
    workers: Ids
    vectors: Vectors

    def only(self, ids: Ids) -> _Photos:
        chosen = np.isin(self.ids, ids)
        return _Photos(self.ids[chosen], self.workers[chosen], self.vectors[chosen])


def compare(registry: ChangeSource, change: ModelChange, point_of: PointOf) -> Comparison | None:
    """None where no two workers have templates of both. point_of: what decides with a model.

    Raises RegistryError, ModelError.
    """
    before, after = (_read(registry, model.contract) for model in (change.before, change.after))
    both = np.intersect1d(before.ids, after.ids)
    before, after = before.only(both), after.only(both)
    workers = len(np.unique(before.workers))
    if workers < 2:  # noqa: PLR2004  # somebody, and somebody else
        return None
    probes = np.arange(len(both))
    if len(probes) > MOST_PHOTOS:
        probes = np.sort(np.random.default_rng(rates.SEED).permutation(probes)[:MOST_PHOTOS])
    trials, named = [], []
    for model, photos in ((change.before, before), (change.after, after)):
        point = point_of(model).for_gallery(workers)
        trial, names = _trial(model, photos, probes, point)
        trials.append(trial)
        named.append(names)
    mated = _has_others(before.workers)[probes]
    differs = np.flatnonzero(mated & (named[0] != named[1]))
    return Comparison(
        workers,
        len(probes),
        int(mated.sum()),
        trials[0],
        trials[1],
        tuple(
            Disagreement(
                int(before.ids[probes[row]]),
                int(before.workers[probes[row]]),
                _somebody(named[0][row]),
                _somebody(named[1][row]),
            )
            for row in differs
        ),
    )


def _read(registry: ChangeSource, contract: str) -> _Photos:
    ids, workers, vectors = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
    for page in every_page(registry, contract, registry.state().position):
        if page.templates.photo_ids is not None and len(page.templates.photo_ids):
            ids.append(page.templates.photo_ids)
            workers.append(page.templates.worker_ids)
            vectors.append(page.templates.vectors)
    everything = np.concatenate(vectors) if vectors else np.empty((0, 0), np.float32)
    order = np.argsort(np.concatenate(ids), kind="stable")
    return _Photos(np.concatenate(ids)[order], np.concatenate(workers)[order], everything[order])


def _trial(model: Model, photos: _Photos, probes: Ids, point: OperatingPoint) -> tuple[ModelTrial, Ids]:
    """(rates, whom the model names on each probe as a worker's photo)."""
    worker_ids, places = np.unique(photos.workers, return_inverse=True)
    sums = np.zeros((len(worker_ids), photos.vectors.shape[1]), np.float32)
    np.add.at(sums, places, photos.vectors)
    references = unit(sums)
    names, strangers = [], []
    for start in range(0, len(probes), BLOCK):
        some = probes[start : start + BLOCK]
        vectors, own = photos.vectors[some], places[some]
        distances = pairwise_distances(vectors, references).astype(np.float64)
        rows = np.arange(len(some))
        distances[rows, own] = np.inf
        strangers.append(_named(distances, worker_ids, point))
        distances[rows, own] = np.linalg.norm(vectors - unit(sums[own] - vectors), axis=1)
        names.append(_named(distances, worker_ids, point))
    as_worker, as_stranger = np.concatenate(names), np.concatenate(strangers)
    people = photos.workers[probes]
    mated = _has_others(photos.workers)[probes]
    fnir = rates.rate((as_worker != people)[mated], people[mated]) if mated.any() else None
    fpir = rates.rate(as_stranger != NOBODY, people)
    return ModelTrial(model.name, point.match_threshold.value, fpir, fnir), as_worker


def _named(distances: npt.NDArray[np.float64], worker_ids: Ids, point: OperatingPoint) -> Ids:
    """(n,) whom the nearest of (n, workers) distances names, or `NOBODY`."""
    depth = min(SEARCH_DEPTH, distances.shape[1])
    near = np.argpartition(distances, depth - 1, axis=1)[:, :depth]
    ranked = np.take_along_axis(distances, near, axis=1)
    order = np.argsort(ranked, axis=1, kind="stable")
    ranked, near = np.take_along_axis(ranked, order, axis=1), np.take_along_axis(near, order, axis=1)
    judged = cohort.normalized(ranked, point.cohort)
    margins = ranked[:, 1] - ranked[:, 0]
    is_named = (judged <= point.match_threshold.value) & (margins >= point.min_margin.value)
    return np.where(is_named, worker_ids[near[:, 0]], NOBODY)


def _has_others(workers: Ids) -> npt.NDArray[np.bool_]:
    """(n,) whether the worker of a photo has another one."""
    _, inverse, counts = np.unique(workers, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse] > 1)


def _somebody(worker_id: int) -> int | None:
    return None if worker_id == NOBODY else int(worker_id)
