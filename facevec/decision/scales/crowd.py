"""People whose names are known, as the product sees them: some are enrolled, others are searched for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.duplicates import ENROLLED
from facevec.decision.vectors import pairwise_distances, unit
from facevec.types import Vectors

Indices = npt.NDArray[np.int64]
Nearest = npt.NDArray[np.float32]
Floating = TypeVar("Floating", np.float32, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """probes, templates, rechecks: (n, d) of every photo, as a search, enrolment and a recheck take it."""

    probes: Vectors
    templates: Vectors
    rechecks: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """What is near to some photos, in one gallery.

    first, recheck: (n, SEARCH_DEPTH) distances to the nearest workers, ascending, infinite where there are
    no more. people: (n,) whose photo each is. right: (n,) whether the recheck's nearest is whom it shows.
    """

    first: Nearest
    recheck: Nearest
    people: Indices
    right: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """looks: of every photo. people: rows of each person who may be enrolled, in the order of enrolment.
    strangers: rows of each of those who are never enrolled.
    """

    looks: Looks
    people: tuple[Indices, ...]
    strangers: tuple[Indices, ...]

    def everybody_searched(self) -> Crowd:
        """The same with everybody a stranger too, in the gallery without themselves."""
        return Crowd(self.looks, self.people, (*self.people, *self.strangers))

    def drawn(self, size: int, draw: int) -> Indices:
        """Places of `size` people among `people`, by chance."""
        return np.random.default_rng(draw).permutation(len(self.people))[:size]

    def search_strangers(self, places: Indices, strangers: Indices | None = None) -> Neighbours:
        """For strangers among the people at `places`; who is one of them is searched for in their absence.

        strangers: places among `strangers`; None is all.
        """
        chosen = range(len(self.strangers)) if strangers is None else strangers.tolist()
        rows = np.concatenate([self.strangers[one] for one in chosen])
        counts = [len(self.strangers[one]) for one in chosen]
        columns = self._columns(places)
        own = np.repeat([columns.get(int(self.strangers[one][0]), -1) for one in chosen], counts)
        there = own >= 0
        references = self.references(places)
        first, recheck = (
            pairwise_distances(vectors[rows], references)
            for vectors in (self.looks.probes, self.looks.rechecks)
        )
        for distances in (first, recheck):
            distances[there, own[there]] = np.inf
        people = np.repeat(np.arange(len(counts)), counts)
        return Neighbours(smallest(first), smallest(recheck), people, np.zeros(len(rows), np.bool_))

    def search_workers(self, places: Indices, photos_each: int = 2) -> Neighbours:
        """For every photo of the people at `places`, each enrolled by others of their photos.

        photos_each: people with fewer are not searched for.
        """
        references = self.references(places)
        rows, own, without = [], [], []
        for column, place in enumerate(places):
            photos = self.people[place]
            for row in photos if len(photos) >= photos_each else ():
                rows.append(row)
                own.append(column)
                without.append(self.looks.templates[photos[photos != row][:ENROLLED]].sum(axis=0))
        if not rows:
            nothing = np.empty((0, SEARCH_DEPTH), np.float32)
            return Neighbours(nothing, nothing, np.empty(0, np.int64), np.empty(0, np.bool_))
        shown, others = np.array(own), unit(np.stack(without))
        passes = []
        for vectors in (self.looks.probes, self.looks.rechecks):
            distances = pairwise_distances(vectors[rows], references)
            to_own = np.linalg.norm(vectors[rows] - others, axis=1)
            distances[np.arange(len(rows)), shown] = to_own
            passes.append(distances)
        first, recheck = passes
        return Neighbours(smallest(first), smallest(recheck), shown, recheck.argmin(axis=1) == shown)

    def references(self, places: Sequence[int] | Indices) -> Vectors:
        """(workers, d): what the people at `places` look like, once enrolled."""
        templates = self.looks.templates
        return unit(np.stack([templates[self.people[place][:ENROLLED]].sum(axis=0) for place in places]))

    def _columns(self, places: Indices) -> dict[int, int]:
        """By the first photo of each of the people at `places` their place in that gallery."""
        return {int(self.people[place][0]): column for column, place in enumerate(places)}


def smallest(distances: npt.NDArray[Floating]) -> npt.NDArray[Floating]:
    """(n, SEARCH_DEPTH): the smallest of each row, ascending; infinite where there are no more."""
    missing = max(0, SEARCH_DEPTH - distances.shape[1])
    padded = np.pad(distances, ((0, 0), (0, missing)), constant_values=np.inf)
    ranked: npt.NDArray[Floating] = np.sort(
        np.partition(padded, SEARCH_DEPTH - 1, axis=1)[:, :SEARCH_DEPTH], axis=1
    )
    return ranked
