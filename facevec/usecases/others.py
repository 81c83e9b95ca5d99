"""Who of all the workers may be meant by a photo wrongly: the nearest one who is somebody else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision import duplicates
from facevec.decision.cohort import COHORT_SIZE, SEARCH_DEPTH, Distances
from facevec.decision.vectors import fuse, mean, pairwise_distances
from facevec.ports import Compared, Searched
from facevec.types import Candidate, Cohort, Ids, Vectors

References = tuple[Ids, Vectors]
"""As `fuse` gives them."""


def searched_for(vectors: Vectors, same: npt.NDArray[np.bool_]) -> Vectors:
    """(n, dimension) photos and, where some of them are the `same` person's, last what these are together."""
    return np.vstack([vectors, mean(vectors[same])]) if same.any() else vectors


@dataclass(frozen=True, slots=True)
class Others:
    """Everybody but `passed_over`, those who may not be recognised now included.

    passed_over: the worker whom the photos must show, and who was decided to be somebody else.
    """

    registry: Compared
    live: Searched
    contract: str
    cohort: Cohort | None
    passed_over: frozenset[int]

    def nearest(self, vectors: Vectors, same: npt.NDArray[np.bool_]) -> list[Candidate | None]:
        """For each of (n, dimension) photos the nearest worker and how near, normalised; None without any.

        same: (n,) which of them show one person; they have one answer (`decision.duplicates.speaking`).
        Raises RegistryError.
        """
        if not same.any():
            return self._nearest(vectors)
        *others, together = self._nearest(searched_for(vectors, same))
        alone = [other for other, shown in zip(others, same, strict=True) if shown and other]
        if together is None or not alone:
            return others
        photo, distance = duplicates.speaking(together.distance, [other.distance for other in alone])
        speaker = together if photo is None else alone[photo]
        of_all = Candidate(speaker.worker_id, distance)
        return [of_all if shown else other for other, shown in zip(others, same, strict=True)]

    def _nearest(self, vectors: Vectors) -> list[Candidate | None]:
        """For each of (n, dimension) the nearest worker, at a normalised distance."""
        withheld = fuse(self.registry.withheld_templates(self.contract))
        ranked = self._ranked(vectors, SEARCH_DEPTH, [self.passed_over] * len(vectors), withheld)
        workers = sorted({candidates[0].worker_id for candidates in ranked if candidates})
        around = self._around(workers, withheld)
        nearest: list[Candidate | None] = []
        for candidates in ranked:
            if not candidates:
                nearest.append(None)
                continue
            other, *neighbours = candidates
            (distance,) = duplicates.normalized(
                np.array([other.distance]),
                _distances(neighbours),
                _distances(around.get(other.worker_id, ())),
                self.cohort,
            )
            nearest.append(Candidate(other.worker_id, float(distance)))
        return nearest

    def _around(self, workers: Sequence[int], withheld: References) -> dict[int, list[Candidate]]:
        """By worker the others nearest to each; without those who were removed meanwhile."""
        if self.cohort is None:
            return {}
        _, recognizable = self.registry.templates(self.contract, workers)
        references = {
            int(worker_id): reference
            for fused in (withheld, fuse(recognizable))
            for worker_id, reference in zip(*fused, strict=True)
        }
        here = [worker_id for worker_id in workers if worker_id in references]
        if not here:
            return {}
        vectors = np.stack([references[worker_id] for worker_id in here])
        ranked = self._ranked(vectors, COHORT_SIZE, [{worker_id} for worker_id in here], withheld)
        return dict(zip(here, ranked, strict=True))

    def _ranked(
        self, vectors: Vectors, k: int, passed_over: Sequence[Collection[int]], withheld: References
    ) -> list[list[Candidate]]:
        """For each of (n, dimension) the `k` nearest of all workers but those it passes over."""
        _, recognizable = self.live.search(vectors, k + max(map(len, passed_over)))
        worker_ids, references = withheld
        nearest = []
        for candidates, distances, without in zip(
            recognizable, pairwise_distances(vectors, references), passed_over, strict=True
        ):
            # A live view may still hold somebody whose consent has ended since: each counts once.
            everybody = dict(zip(worker_ids.tolist(), distances.tolist(), strict=True))
            everybody |= {candidate.worker_id: candidate.distance for candidate in candidates}
            ranked = sorted(everybody.keys() - set(without), key=lambda worker: (everybody[worker], worker))
            nearest.append([Candidate(worker_id, everybody[worker_id]) for worker_id in ranked[:k]])
        return nearest


def _distances(candidates: Sequence[Candidate]) -> Distances:
    """(1, n)."""
    return np.array([[candidate.distance for candidate in candidates]])
