"""Error rates of an open-set search, and how sure they are (ISO/IEC 19795-1, identification).

A search has a *score*: the smallest match threshold at which it names someone (non-mated: anybody;
mated: the right worker), infinite where no threshold would. So FPIR at a threshold is the share of
non-mated scores at or below it, FNIR the share of mated scores above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from facevec.types import Estimate
from facevec.types.lazy_numpy import np, npt

Scores: TypeAlias = "npt.NDArray[np.float64]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"
Indices: TypeAlias = "npt.NDArray[np.int64]"

CONFIDENCE = 0.95
REPLICATES = 1000
SEED = 19795

_HALVINGS = 60
"""Steps of bisection: more than a float64 between 0 and 1 can tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """Searches of one kind. scores: (n,) float64. people: (n,) int64, whose photo each is."""

    scores: Scores
    people: Indices

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval of `CONFIDENCE`: `events` in `trials` searches of `people` people."""

    value: float
    low: float
    high: float
    events: int
    trials: int
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """FPIR and FNIR, (n,) float64, at each of `thresholds`; each band is (2, n), low and high."""

    thresholds: Scores
    fpir: Scores
    fnir: Scores
    fpir_band: Scores
    fnir_band: Scores


def fpir(non_mated: Searches, threshold: float) -> Rate:
    """Share of the searches for strangers that name somebody."""
    return rate(non_mated.scores <= threshold, non_mated.people)


def fnir(mated: Searches, threshold: float) -> Rate:
    """Share of the searches for workers that do not name the right one."""
    return rate(mated.scores > threshold, mated.people)


def missed(mated: Searches, threshold: float) -> float:
    """FNIR without an interval, which takes a moment."""
    return float((mated.scores > threshold).mean())


def rate(events: Flags, people: Indices) -> Rate:
    """The share of `events`, (n,) bool.

    With one search a person, or no variation, the interval is Clopper and Pearson's over people;
    else it is the bootstrap's over people, as searches of one person are not independent.
    Raises ValueError without a search.
    """
    trials, happened = len(events), int(events.sum())
    if not trials:
        raise ValueError("a rate needs at least one search")
    _, places = np.unique(people, return_inverse=True)
    persons = int(places.max()) + 1
    if persons == trials or happened in (0, trials):
        low, high = clopper_pearson(round(happened * persons / trials), persons)
    else:
        weights = resampled(persons)
        shares = (weights @ np.bincount(places, events)) / (weights @ np.bincount(places))
        low, high = _middle(shares)
    return Rate(happened / trials, low, high, happened, trials, persons)


def cut(non_mated: Searches, share: float) -> float:
    """The largest threshold, at most 2, at which no more than `share` of these searches name somebody."""
    once = np.ones((1, int(non_mated.people.max()) + 1))
    return float(cuts(non_mated, share, once)[0])


def cuts(non_mated: Searches, share: float, weights: Scores) -> Scores:
    """(b,) `cut` for each row of `weights`, (b, people): how often each person counts."""
    order = np.argsort(non_mated.scores, kind="stable")
    counted = np.cumsum(weights[:, non_mated.people[order]], axis=1)
    allowed = share * counted[:, -1:] * (1 + 1e-12)
    first_too_many = (counted <= allowed).sum(axis=1)
    bounds = np.append(non_mated.scores[order], np.inf)[first_too_many]
    below: Scores = np.minimum(np.nextafter(bounds, 0), 2.0)
    return below


def cut_for_others(non_mated: Searches, share: float) -> float:
    """The threshold at which, on average, `share` of the searches for *other* strangers name somebody.

    Where k of n searches name somebody and one more would with any wider threshold, the true FPIR is
    distributed as Beta(k + 1, n - k), whose mean is (k + 1)/(n + 1); the largest k with a mean of at most
    `share` is taken, or 0. Clopper and Pearson's interval for k events covers that distribution.
    """
    trials = len(non_mated)
    allowed = max(0, math.floor(share * (trials + 1) + 1e-9) - 1)
    return cut(non_mated, allowed / trials)


def tpir_at(mated: Searches, non_mated: Searches, share: float) -> Estimate:
    """TPIR at the threshold where FPIR is `share`; strangers and workers are both resampled."""
    threshold = cut(non_mated, share)
    replicates = hits(
        mated,
        cuts(non_mated, share, resampled(int(non_mated.people.max()) + 1)),
        resampled(int(mated.people.max()) + 1, seed=SEED + 1),
    )
    low, high = _middle(replicates)
    return Estimate(float((mated.scores <= threshold).mean()), low, high)


def hits(mated: Searches, thresholds: Scores, weights: Scores) -> Scores:
    """(b,) TPIR at each of `thresholds`, people counting as the rows of `weights`, (b, people), say."""
    counted = weights[:, mated.people]
    named = mated.scores <= thresholds[:, np.newaxis]
    shares: Scores = (counted * named).sum(axis=1) / np.maximum(counted.sum(axis=1), 1)
    return shares


def curve(mated: Searches, non_mated: Searches, thresholds: Scores) -> Curve:
    """Both error rates at every one of `thresholds`, with intervals by bootstrap over people."""
    named = non_mated.scores[:, np.newaxis] <= thresholds
    missed = mated.scores[:, np.newaxis] > thresholds
    return Curve(
        thresholds,
        named.mean(axis=0),
        missed.mean(axis=0),
        _band(named, non_mated.people),
        _band(missed, mated.people),
    )


def clopper_pearson(events: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a binomial share (Clopper and Pearson, 1934)."""
    tail = (1 - confidence) / 2
    low = 0.0 if events == 0 else _solve(lambda p: _at_most(events - 1, trials, p) > 1 - tail)
    high = 1.0 if events == trials else _solve(lambda p: _at_most(events, trials, p) > tail)
    return low, high


def people_needed(share: float) -> int:
    """People without whom a share can not be shown to be kept: the rule of three turned round."""
    return math.ceil(3 / share)


def resampled(people: int, *, seed: int = SEED, replicates: int = REPLICATES) -> npt.NDArray[np.float64]:
    """(replicates, people): how often each person is drawn when as many are drawn with replacement."""
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=replicates)
    return drawn.astype(np.float64)


def _band(events: Flags, people: Indices) -> Scores:
    _, places = np.unique(people, return_inverse=True)
    sums = np.zeros((int(places.max()) + 1, events.shape[1]))
    np.add.at(sums, places, events)
    weights = resampled(len(sums))
    shares = (weights @ sums) / (weights @ np.bincount(places))[:, np.newaxis]
    band: Scores = np.quantile(shares, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2), axis=0)
    return band


def _middle(values: Scores) -> tuple[float, float]:
    low, high = np.quantile(values, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def _at_most(events: int, trials: int, share: float) -> float:
    """Probability of at most `events` in `trials`."""
    counts = np.arange(events + 1)
    ways = np.array(
        [math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1) for k in counts]
    )
    return float(np.exp(ways + counts * math.log(share) + (trials - counts) * math.log1p(-share)).sum())


def _solve(is_below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return (low + high) / 2
