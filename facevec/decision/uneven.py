"""Where a rate is not the same for everybody: by group of people, and workers who draw strangers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facevec.decision import rates
from facevec.decision.rates import Rate, Searches

LEAST_STRANGERS = 2
"""Strangers whom a worker draws before they are listed: one is named by chance."""


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Both error rates of one group of people at one threshold; None where nobody of it was searched for."""

    name: str
    fpir: Rate | None
    fnir: Rate | None


@dataclass(frozen=True, slots=True)
class Lamb:
    """A worker whose name strangers are given (a "lamb": Doddington et al., ICSLP 1998).

    strangers: people who are given it at the threshold that was judged. threshold: the largest at which none
    of those who were searched for would be.
    """

    worker: str
    strangers: int
    threshold: float


def by_group(
    non_mated: Searches,
    groups: Sequence[str | None],
    mated: Searches | None,
    mated_groups: Sequence[str | None],
    threshold: float,
) -> tuple[GroupRates, ...]:
    """The rates of each group, that with the highest FPIR first; people of none are passed over.

    groups, mated_groups: of each search.
    """
    fpirs = {name: rates.fpir(some, threshold) for name, some in _each(non_mated, groups)}
    workers = () if mated is None else _each(mated, mated_groups)
    fnirs = {name: rates.fnir(some, threshold) for name, some in workers}
    every = [GroupRates(name, fpirs.get(name), fnirs.get(name)) for name in sorted({*fpirs, *fnirs})]
    return tuple(sorted(every, key=lambda group: -group.fpir.value if group.fpir else 1.0))


def worst(groups: Sequence[GroupRates]) -> GroupRates | None:
    """The group of `by_group` whose strangers are named most often."""
    return next((group for group in groups if group.fpir is not None and group.fpir.events), None)


def lambs(workers: Sequence[str | None], non_mated: Searches, threshold: float) -> tuple[Lamb, ...]:
    """Workers who draw several strangers, the one who draws most first.

    workers: whose name each search gives, None where no threshold would give one.
    """
    drawn: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for worker, person, score in zip(
        workers, non_mated.people.tolist(), non_mated.scores.tolist(), strict=True
    ):
        if worker is not None and score <= threshold:
            drawn[worker][person] = min(score, drawn[worker].get(person, np.inf))
    listed = [
        Lamb(worker, len(scores), float(np.nextafter(min(scores.values()), 0)))
        for worker, scores in drawn.items()
        if len(scores) >= LEAST_STRANGERS
    ]
    return tuple(sorted(listed, key=lambda lamb: (-lamb.strangers, lamb.threshold, lamb.worker)))


def _each(searches: Searches, groups: Sequence[str | None]) -> Iterator[tuple[str, Searches]]:
    for name in sorted({group for group in groups if group is not None}):
        chosen = np.array([group == name for group in groups])
        yield name, Searches(searches.scores[chosen], searches.people[chosen])
