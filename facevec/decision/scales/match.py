"""Which match distance keeps which rate, in a gallery of whatever size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facevec.decision import rates
from facevec.decision.cohort import SEARCH_DEPTH, growth, in_gallery, normalized
from facevec.decision.point import settled
from facevec.decision.rates import Searches
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.scales.crowd import Crowd, Neighbours
from facevec.types import Cohort

FPIRS = (0.001, 0.002, 0.003, 0.005, TARGET_FPIR, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)

SIZES = (20, 50, 100, 253, 600)
"""Workers in the galleries that are drawn, as far as there are so many people."""

FAILING = 0.25
"""Share of the cases in which more strangers than promised may be named; with the mean of all cases it would
be every second one."""

LEAST_EVENTS = 2.5
"""Strangers who are named at a rate; by fewer no distance of a model is told."""

DRAWS, REPLICATES = 20, 100

Distances = npt.NDArray[np.float64]
Drawn = Mapping[int, Sequence[Neighbours]]
"""By size of the gallery, the searches for strangers in each that was drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """fpirs: those that so many people can tell. distances: at the size of reference. low, high: of each,
    95 %. decline: by how much they fall when the gallery grows e times.
    """

    fpirs: tuple[float, ...]
    distances: Distances
    low: Distances
    high: Distances
    decline: float


def sizes(people: int) -> tuple[int, ...]:
    """The galleries that can be drawn of so many people: at least two sizes, the largest of everybody."""
    fitting = [size for size in SIZES if size < people]
    return (*fitting, people) if len(fitting) < len(SIZES) else tuple(fitting)


def drawn(crowd: Crowd, draws: int = DRAWS, on_draw: Callable[[], None] = lambda: None) -> Drawn:
    """Every stranger searched for in `draws` galleries of each size."""
    searches: dict[int, list[Neighbours]] = {}
    for size in sizes(len(crowd.people)):
        for draw in range(draws):
            searches.setdefault(size, []).append(crowd.search_strangers(crowd.drawn(size, draw)))
            on_draw()
    return searches


def cohort(searches: Drawn) -> Cohort | None:
    """How far the neighbours usually are; None where galleries are too small to have enough of them."""
    usual = {
        size: float(np.mean([near.first[:, 1:] for near in each]))
        for size, each in searches.items()
        if size > SEARCH_DEPTH
    }
    if len(usual) < 2:  # noqa: PLR2004  # a line needs two points
        return None
    slope, level = np.polyfit([growth(size) for size in usual], list(usual.values()), 1)
    return Cohort(distance=float(level), decline=-float(slope))


def kept(searches: Drawn, usual: Cohort | None, people: int, fewest: float = LEAST_EVENTS) -> Kept:
    """The distances that keep each rate in all but `FAILING` of the cases, whatever the size of the gallery.

    A case is a gallery drawn from everybody, and strangers, `people` of them, drawn again from their own.
    fewest: strangers who must be named at a rate that is told.
    """
    fpirs = tuple(fpir for fpir in FPIRS if fpir * people >= fewest)
    weights = rates.resampled(people, replicates=REPLICATES)
    grown = np.array([growth(size) for size in searches])
    cases = np.array(
        [_cuts(each, None if usual is None else in_gallery(usual, size), fpirs, weights)
         for size, each in searches.items()]
    )  # fmt: skip
    narrow, low, high = (np.quantile(cases, share, axis=(1, 3)) for share in (FAILING, 0.025, 0.975))
    target = fpirs.index(TARGET_FPIR) if TARGET_FPIR in fpirs else 0
    decline = max(0.0, -float(np.polyfit(grown, narrow[:, target], 1)[0]))
    moved = decline * grown[:, np.newaxis]
    distances = np.maximum.accumulate((narrow + moved).min(axis=0))
    return Kept(fpirs, distances, (low + moved).min(axis=0), (high + moved).max(axis=0), decline)


def _cuts(
    searches: Sequence[Neighbours], usual: Cohort | None, fpirs: Sequence[float], weights: Distances
) -> npt.NDArray[np.float64]:
    """(draws, rates, replicates) distances that keep a rate."""
    cases = []
    for near in searches:
        scores = settled(normalized(near.first, usual), normalized(near.recheck, usual))
        non_mated = Searches(scores, near.people)
        cases.append([rates.cuts(non_mated, fpir, weights) for fpir in fpirs])
    return np.array(cases)
