"""From faces to the workers nearest to them: one search, and a recheck of those that need one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.point import OperatingPoint
from facevec.errors import RegistryReplaced
from facevec.ports import ActiveWorkers, FaceEmbedder, LiveGallery
from facevec.types import Candidate, Decision, Face, Image, Purpose, Vectors, Worker

Candidates = tuple[Candidate, ...]

SEARCHES = 3
"""So often a picture is searched for while the registry is replaced again and again."""


@dataclass(frozen=True, slots=True)
class Search:
    """The workers nearest to one face, nearest first. recheck: by a second embedding, None without one."""

    face: Face
    first: Candidates
    recheck: Candidates | None = None

    @property
    def candidates(self) -> Candidates:
        """Those that count."""
        return self.first if self.recheck is None else self.recheck


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The search of each face at one revision of the registry; `workers` has every candidate by id."""

    searches: tuple[Search, ...]
    workers: Mapping[int, Worker]
    revision: int
    point: OperatingPoint

    def decide(self, search: Search) -> Decision:
        """What `search` amounts to, in view of who was decided to be somebody else than the nearest."""
        nearest = [self.workers[candidate.worker_id] for candidate in search.candidates[:1]]
        distinct_from = {other.worker_id for worker in nearest for other in worker.distinct_from}
        return self.point.decide(search.candidates, search.face.quality, distinct_from)

    def possible(self, search: Search) -> list[Worker]:
        """The workers whose a face may be that was not told from theirs."""
        return [self.workers[candidate.worker_id] for candidate in self.point.possible(search.candidates)]


@dataclass(frozen=True, slots=True)
class Identifier:
    """Searches for faces among the workers who may be recognised now."""

    embedder: FaceEmbedder
    workers: ActiveWorkers
    live: LiveGallery

    def in_gallery(self, point: OperatingPoint) -> OperatingPoint:
        """`point` for as many workers as were last searched."""
        return point.for_gallery(self.live.extent()[1])

    def search(
        self, image: Image, faces: Sequence[Face], point: OperatingPoint, *, recheck_all: bool = False
    ) -> SearchResult:
        """The workers nearest to each of `faces`; those that `point` calls borderline are rechecked.

        The point of the result is `point` for the gallery that was searched. recheck_all: recheck every
        face, so that its distance can be judged at any threshold (`decision.point.settled`).

        Raises RegistryError, and ContractMismatch when the registry was enrolled with another model.
        """
        revision, nearest, workers = self._search(self.embedder.embed(image, faces, Purpose.PROBE))
        point = self.in_gallery(point)
        searches = [Search(face, first) for face, first in zip(faces, nearest, strict=True)]
        unsure = [
            place
            for place, search in enumerate(searches)
            if recheck_all or point.is_borderline(search.first, search.face.quality)
        ]
        if unsure:
            probes = self.embedder.embed(image, [faces[place] for place in unsure], Purpose.RECHECK)
            _, again, others = self._search(probes)
            workers = {**workers, **others}
            for place, candidates in zip(unsure, again, strict=True):
                searches[place] = replace(searches[place], recheck=candidates)
        return SearchResult(tuple(searches), workers, revision, point)

    def _search(self, probes: Vectors) -> tuple[int, list[Candidates], Mapping[int, Worker]]:
        """(revision, nearest workers of each probe, those workers).

        Workers whose consent ended since the gallery last changed are passed over, and more asked for. Where
        the registry is replaced between the search and the names, it is searched anew.
        """
        depth, replaced = SEARCH_DEPTH, 0
        while True:
            position, nearest = self.live.search(probes, depth)
            ids = sorted({c.worker_id for row in nearest for c in row})
            try:
                workers = self.workers.workers(ids, position)
            except RegistryReplaced:
                replaced += 1
                if replaced == SEARCHES:
                    raise
                continue
            active = [tuple(c for c in row if c.worker_id in workers) for row in nearest]
            if all(
                len(kept) >= SEARCH_DEPTH or len(row) < depth
                for kept, row in zip(active, nearest, strict=True)
            ):
                return position.revision, active, workers
            depth *= 4
