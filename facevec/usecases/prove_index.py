"""Hold what searches against the exact oracle: the same probes, compared with every reference in SQL."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import unit
from facevec.errors import RegistryBusy
from facevec.ports import ChangeSource, Clock, LiveGallery
from facevec.types import Candidate, Position, Vectors, microseconds, no_vectors
from facevec.usecases.roll import call_roll

NEIGHBOURS = 8
PLACES = 16
"""So many places of the registry probes are drawn from."""

NOISE = 0.8
"""Length of what is added to a unit vector: two photos of one person are about so far apart."""

SAME = 1e-6
"""Distances that differ by no more are one: engines round otherwise than the oracle."""

ATTEMPTS = 3
BATCH = 8


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of it.

    neighbours: how many there were to find; right: how many of them the engine found. different: how many
    probes got another answer. milliseconds, batch_milliseconds: of a search for one probe and for eight
    together, the median.
    """

    workers: int
    probes: int
    neighbours: int
    right: int
    different: int
    milliseconds: float
    batch_milliseconds: float

    @property
    def recall(self) -> float:
        """Share of the neighbours that the engine found; 1 where there were none."""
        return self.right / self.neighbours if self.neighbours else 1.0


def prove(
    registry: ChangeSource, contract: str, open_live: Callable[[int], LiveGallery], clock: Clock, count: int
) -> Proof | None:
    """Search for `count` probes, half of them much like people who are enrolled, with engine and oracle.

    open_live: opens what searches vectors of so many numbers. None where nobody is enrolled. Raises
    RegistryError, RegistryBusy where the registry changes again and again meanwhile, and what the engine
    raises.
    """
    probes = _probes(registry, contract, count)
    if probes is None:
        return None
    live = open_live(probes.shape[1])
    for _ in range(ATTEMPTS):
        position, answers = live.search(probes, NEIGHBOURS)
        withheld = registry.terms().ended(microseconds(clock()))
        roll, oracle = call_roll(registry, contract, partial(_Oracle, probes, withheld))
        if roll.position == position:
            return _compared(live, probes, answers, oracle)
    raise RegistryBusy("The registry changes too often to be compared with; try again when it is quiet.")


class _Oracle:
    """Takes references as they are read, and keeps the nearest of each probe."""

    def __init__(self, probes: Vectors, withheld: npt.NDArray[np.int64]) -> None:
        self._probes, self._withheld = probes, withheld
        self.nearest = [(np.empty(0, np.int64), np.empty(0, np.float64))] * len(probes)
        self.workers = 0

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        searched = ~np.isin(worker_ids, self._withheld)
        worker_ids, references = worker_ids[searched], references[searched]
        self.workers += len(worker_ids)
        for index, probe in enumerate(self._probes):
            differences = references - probe
            apart = np.sqrt(np.einsum("ij,ij->i", differences, differences, dtype=np.float64))
            ids = np.concatenate([self.nearest[index][0], worker_ids])
            distances = np.concatenate([self.nearest[index][1], apart])
            order = np.lexsort((ids, distances))[:NEIGHBOURS]
            self.nearest[index] = ids[order], distances[order]

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        """Where anybody changed, the positions differ, and all is asked again."""


def _probes(registry: ChangeSource, contract: str, count: int) -> Vectors | None:
    """Half of them as photos of workers from all over the registry could be, the others of nobody."""
    random = np.random.default_rng(count)
    position = registry.position()
    last, parts = _last_id(registry, contract, position), []
    for place in range(PLACES):
        page = registry.next_page(contract, last * place // PLACES, position)
        vectors = page.templates.vectors
        parts.append(vectors[random.permutation(len(vectors))[: max(1, count // 2 // PLACES)]])
    likes = np.concatenate([part for part in parts if len(part)] or [no_vectors()])
    if not len(likes):
        return None
    of_nobody = _noise(random, max(1, count - len(likes)), likes.shape[1])
    return np.concatenate([unit(likes + NOISE * _noise(random, *likes.shape)), of_nobody])


def _last_id(registry: ChangeSource, contract: str, position: Position) -> int:
    """An id after which there is hardly anybody, as ids are given one after the other."""
    low, high = 0, 1
    while len(registry.next_page(contract, high, position).worker_ids):
        low, high = high, 2 * high
    while high - low > high // (2 * PLACES) + 1:
        middle = (low + high) // 2
        if len(registry.next_page(contract, middle, position).worker_ids):
            low = middle
        else:
            high = middle
    return high


def _noise(random: np.random.Generator, count: int, dimension: int) -> Vectors:
    return unit(random.standard_normal((count, dimension), dtype=np.float32))


def _compared(
    live: LiveGallery, probes: Vectors, answers: Sequence[Sequence[Candidate]], oracle: _Oracle
) -> Proof:
    right = different = neighbours = 0
    for candidates, (ids, distances) in zip(answers, oracle.nearest, strict=True):
        answered = [candidate.worker_id for candidate in candidates]
        gaps = np.abs(
            np.array([candidate.distance for candidate in candidates]) - distances[: len(candidates)]
        )
        is_same = answered == ids.tolist() and bool((gaps <= SAME).all())
        neighbours += len(ids)
        right += len({*answered} & {*ids.tolist()})
        different += not is_same
    alone = [_milliseconds(live, probe[None]) for probe in probes]
    batches = [_milliseconds(live, probes[start : start + BATCH]) for start in range(0, len(probes), BATCH)]
    return Proof(
        oracle.workers,
        len(probes),
        neighbours,
        right,
        different,
        statistics.median(alone),
        statistics.median(batches),
    )


def _milliseconds(live: LiveGallery, probes: Vectors) -> float:
    started = time.perf_counter()
    live.search(probes, NEIGHBOURS)
    return 1000 * (time.perf_counter() - started)
