"""Everybody in a folder of photos, as the product sees them: galleries are drawn, strangers stay apart.

The vectors are those of the projection that ships. Workers are drawn from the people with several photos;
the people with one photo are the strangers, who taught a projection nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from facevec.decision.cohort import normalized
from facevec.decision.point import settled
from facevec.types import Cohort, Vectors
from training.identification.alternatives import as_it_ships
from training.identification.photos import embed_folder

ENROLLED = 3
"""Most photos of a worker; the others are searched for."""

SIZES = (20, 50, 100, 253, 600)
"""Workers in the galleries that are drawn."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """probes, templates, rechecks: (n, d) of every photo. several: rows of each of those with several photos.
    strangers: rows of the others.
    """

    probes: Vectors
    templates: Vectors
    rechecks: Vectors
    several: tuple[Indices, ...]
    strangers: Indices

    def drawn(self, size: int, draw: int) -> list[Indices]:
        """The photos of `size` people."""
        order = np.random.default_rng(draw).permutation(len(self.several))
        return [self.several[place] for place in order[:size]]

    def search(
        self, rows: Indices, people: list[Indices], cohort: Cohort | None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """(n,) distances that stand after a search and its recheck, and (n, workers) those of the recheck."""
        gallery = [photos[:ENROLLED] for photos in people]
        first, recheck = (
            protocol.by_mean(vectors[rows], self.templates, gallery)
            for vectors in (self.probes, self.rechecks)
        )
        both = (normalized(np.sort(distances, axis=1), cohort) for distances in (first, recheck))
        return settled(*both), recheck


def crowd(options: argparse.Namespace) -> Crowd:
    """Those of a command line of `protocol.arguments`."""
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    transform = as_it_ships(options.model)
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(embedded.files)), key=lambda row: protocol.share(str(embedded.files[row]))):
        rows[str(embedded.people[row])].append(row)
    people = [np.array(rows[name]) for name in sorted(rows)]
    probes, templates, rechecks = (
        transform(vectors) for vectors in (embedded.probes, embedded.templates, embedded.rechecks)
    )
    return Crowd(
        probes,
        templates,
        rechecks,
        several=tuple(photos for photos in people if len(photos) > 1),
        strangers=np.concatenate([photos for photos in people if len(photos) == 1]),
    )
