"""Both models of a change beside each other, on the operator's own photos, before one replaces the other.

Each photo that has a template of both is searched for, without itself, among everybody: as a worker's, with
the worker's other photos enrolled, and as a stranger's, in the gallery without its worker. Each model decides
by its own operating point. Templates are searched for, which are made with more care than a camera's probes.

The gallery is read a page at a time, once for the ids of photos, once for the probes and once for whom each
is near to: of what is in memory only the ids grow with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision import cohort, rates
from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.point import OperatingPoint
from facevec.decision.rates import Rate
from facevec.decision.vectors import apart, fuse, pairwise_distances
from facevec.ports import ChangeSource
from facevec.types import Ids, Model, ModelChange, Templates, Vectors, places_in
from facevec.usecases.night.neighbours import NOBODY
from facevec.usecases.roll import every_page

MOST_PHOTOS = 10_000
"""Drawn at random from more: beyond that nothing is gained."""

BLOCK = 256

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
class _Part:
    """Photos of some workers, all of each: (n,) ids, (n,) workers, (n, dimension) templates."""

    ids: Ids
    workers: Ids
    vectors: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class _Probes:
    """Photos that are searched for, by ascending id: (n,) ids, (n,) workers, (n, dimension) templates.

    own: (n,) distance to the worker's other photos, where there are any. has_others: (n,) whether.
    """

    ids: Ids
    workers: Ids
    vectors: Vectors
    own: npt.NDArray[np.float32]
    has_others: npt.NDArray[np.bool_]

    def chosen(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> _Probes:
        return _Probes(
            self.ids[rows], self.workers[rows], self.vectors[rows], self.own[rows], self.has_others[rows]
        )

    @classmethod
    def together(cls, parts: list[_Probes]) -> _Probes:
        probes = cls(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.workers for part in parts]),
            np.concatenate([part.vectors for part in parts]),
            np.concatenate([part.own for part in parts]),
            np.concatenate([part.has_others for part in parts]),
        )
        return probes.chosen(np.argsort(probes.ids, kind="stable"))


def compare(registry: ChangeSource, change: ModelChange, point_of: PointOf) -> Comparison | None:
    """None where no two workers have templates of both. point_of: what decides with a model.

    Raises RegistryError, ModelError.
    """
    models = change.before, change.after
    before, after = (_photo_ids(registry, model.contract) for model in models)
    both = np.intersect1d(before, after)
    drawn = both
    if len(both) > MOST_PHOTOS:
        places = np.random.default_rng(rates.SEED).permutation(len(both))[:MOST_PHOTOS]
        drawn = both[np.sort(places)]
    read = [_probes(registry, model.contract, both, drawn) for model in models]
    workers = min(count for _, count in read)
    if workers < 2:  # noqa: PLR2004  # somebody, and somebody else
        return None
    still = np.intersect1d(read[0][0].ids, read[1][0].ids)  # a photo may go while this reads
    trials, named = [], []
    for model, (seen, _) in zip(models, read, strict=True):
        point = point_of(model).for_gallery(workers)
        probes = seen.chosen(places_in(still, seen.ids)[1])
        others = _others(registry, model.contract, both, probes)
        trial, names = _trial(model, probes, others, min(SEARCH_DEPTH, workers), point)
        trials.append(trial)
        named.append(names)
    differs = np.flatnonzero(probes.has_others & (named[0] != named[1]))
    return Comparison(
        workers,
        len(still),
        int(probes.has_others.sum()),
        trials[0],
        trials[1],
        tuple(
            Disagreement(
                int(probes.ids[row]),
                int(probes.workers[row]),
                _somebody(named[0][row]),
                _somebody(named[1][row]),
            )
            for row in differs
        ),
    )


def _photo_ids(registry: ChangeSource, contract: str) -> Ids:
    """(n,) ascending: of all photos that have a template of the contract."""
    ids = [np.empty(0, np.int64)]
    for page in every_page(registry, contract):
        if page.templates.photo_ids is not None:
            ids.append(page.templates.photo_ids)
    return np.unique(np.concatenate(ids))


def _parts(registry: ChangeSource, contract: str, photos: Ids) -> Iterator[_Part]:
    """The templates of `photos`, a page at a time."""
    for page in every_page(registry, contract):
        ids = page.templates.photo_ids
        if ids is None:
            continue
        _, chosen = places_in(photos, ids)
        if chosen.any():
            yield _Part(ids[chosen], page.templates.worker_ids[chosen], page.templates.vectors[chosen])


def _probes(registry: ChangeSource, contract: str, photos: Ids, drawn: Ids) -> tuple[_Probes, int]:
    """(those that are drawn of `photos`, how many workers these are of)."""
    workers, none = 0, np.empty(0, np.int64)
    nothing = np.empty((0, 0), np.float32)
    parts: list[_Probes] = []
    for part in _parts(registry, contract, photos):
        workers += len(np.unique(part.workers))
        own, has_others = apart(part.workers, part.vectors)
        _, rows = places_in(drawn, part.ids)
        whole = _Probes(part.ids, part.workers, part.vectors, own.astype(np.float32), has_others)
        parts.append(whole.chosen(rows))
    if not parts:
        return _Probes(none, none, nothing, np.empty(0, np.float32), np.empty(0, np.bool_)), 0
    return _Probes.together(parts), workers


@dataclass(frozen=True, slots=True, eq=False)
class _Others:
    """Of each probe the workers nearest to it but its own, nearest first: (n, SEARCH_DEPTH) ids, distances;
    `NOBODY` and infinite where there are fewer."""

    ids: Ids
    distances: npt.NDArray[np.float32]

    def take(self, block: slice, worker_ids: Ids, distances: npt.NDArray[np.float32]) -> None:
        """Put the nearest of (m,) workers, at (b, m) distances from a block of probes, among them."""
        ids = np.concatenate([self.ids[block], np.broadcast_to(worker_ids, distances.shape)], axis=1)
        distances = np.concatenate([self.distances[block], distances], axis=1)
        near = np.argpartition(distances, SEARCH_DEPTH - 1, axis=1)[:, :SEARCH_DEPTH]
        self.ids[block], self.distances[block] = _ranked(
            np.take_along_axis(ids, near, axis=1), np.take_along_axis(distances, near, axis=1)
        )


def _others(registry: ChangeSource, contract: str, photos: Ids, probes: _Probes) -> _Others:
    shape = len(probes.ids), SEARCH_DEPTH
    others = _Others(np.full(shape, NOBODY, np.int64), np.full(shape, np.inf, np.float32))
    for part in _parts(registry, contract, photos):
        worker_ids, references = fuse(Templates(part.workers, part.vectors))
        for start in range(0, len(probes.ids), BLOCK):
            block = slice(start, start + BLOCK)
            distances = pairwise_distances(probes.vectors[block], references)
            distances[probes.workers[block, None] == worker_ids] = np.inf
            others.take(block, worker_ids, distances)
    return others


def _trial(
    model: Model, probes: _Probes, others: _Others, depth: int, point: OperatingPoint
) -> tuple[ModelTrial, Ids]:
    """(rates, whom the model names on each probe as a worker's photo)."""
    as_stranger = _named(others.ids[:, :depth], others.distances[:, :depth], point)
    ids = np.concatenate([probes.workers[:, None], others.ids], axis=1)
    own = np.where(probes.has_others, probes.own, np.inf)[:, None]
    ids, distances = _ranked(ids, np.concatenate([own, others.distances], axis=1))
    as_worker = _named(ids[:, :depth], distances[:, :depth], point)
    mated, people = probes.has_others, probes.workers
    fnir = rates.rate((as_worker != people)[mated], people[mated]) if mated.any() else None
    fpir = rates.rate(as_stranger != NOBODY, people)
    return ModelTrial(model.name, point.match_threshold.value, fpir, fnir), as_worker


def _named(ids: Ids, distances: npt.NDArray[np.float32], point: OperatingPoint) -> Ids:
    """(n,) whom the nearest of (n, k) candidates, nearest first, is named, or `NOBODY`."""
    ranked = distances.astype(np.float64)
    judged = cohort.normalized(ranked, point.cohort)
    margins = ranked[:, 1] - ranked[:, 0]
    is_named = (judged <= point.match_threshold.value) & (margins >= point.min_margin.value)
    return np.where(is_named, ids[:, 0], NOBODY)


def _ranked(ids: Ids, distances: npt.NDArray[np.float32]) -> tuple[Ids, npt.NDArray[np.float32]]:
    """(n, k) candidates and their distances, nearest first."""
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(ids, order, axis=1), np.take_along_axis(distances, order, axis=1)


def _somebody(worker_id: int) -> int | None:
    return None if worker_id == NOBODY else int(worker_id)
