"""All distances of a model at once, with their intervals, from people whose names are known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from facevec.decision import duplicates, rates
from facevec.decision.cohort import REFERENCE_GALLERY
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.decision.scales import match, persons
from facevec.decision.scales.crowd import Crowd, Indices
from facevec.types import Estimate, Evidence, ModelScale, QualityGate, RateTable

LEAST_SEARCHES = 300
"""Searches for workers without which the rare ones that a margin is about cannot be seen."""

THREE_PHOTOS = 50
"""So many people with three photos or more, and it is they who say how alike a person's photos are."""

MOST_PEOPLE = 1000
"""Of each kind, who are taken for somebody else; more would take long and say the same."""

_STEPS = 1000
"""Distances are written down to so many parts of one."""

_GALLERIES = 5
"""Drawn for what decides between two workers."""

_TAIL = 8
"""Times the share that is sought: so much of the lower end of a distribution makes its interval."""

_ANY = QualityGate(0.0, 0.0, 0.0, 255.0, 0.0, math.inf)

Intervals = Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Measurement:
    """intervals: 95 %, of each value that was measured, by its name; those of the match table by the rate,
    "match 0.01". left: what too few photos say nothing about and stays as it was known.
    """

    scale: ModelScale
    intervals: Intervals
    left: tuple[str, ...]


def draws(crowd: Crowd) -> int:
    """How often `measured` calls `on_draw`."""
    return match.DRAWS * len(match.sizes(len(crowd.people)))


def measured(
    crowd: Crowd,
    known: ModelScale,
    evidence: Evidence = Evidence.MEASURED,
    on_draw: Callable[[], None] = lambda: None,
) -> Measurement:
    """The scale of the network that made these vectors. known: what counts where too few photos say more."""
    searches = match.drawn(crowd, on_draw=on_draw)
    usual = match.cohort(searches)
    fewest = match.LEAST_EVENTS if evidence is Evidence.MEASURED else 1.0
    kept = match.kept(searches, usual, len(crowd.strangers), fewest)
    intervals = {
        f"match {fpir:g}": Estimate(*map(float, values))
        for fpir, *values in zip(kept.fpirs, kept.distances, kept.low, kept.high, strict=True)
    }
    pairs = tuple((fpir, _floor(distance)) for fpir, distance in zip(kept.fpirs, kept.distances, strict=True))
    table = RateTable(pairs, _floor(kept.decline), evidence)
    scale = replace(known, match=table, cohort=usual, doubt=None)
    return _persons(crowd, scale, intervals)


def _persons(crowd: Crowd, scale: ModelScale, intervals: dict[str, Estimate]) -> Measurement:
    """With what the distances of a match decide about: margins, one to one, enrolment."""
    size = min(REFERENCE_GALLERY, len(crowd.people))
    places = crowd.drawn(size, 0)
    estimates: dict[str, Estimate | None] = {
        "verify": _verify(crowd, places),
        "same_person": _same_person(crowd),
        "other_person": _other_person(crowd, scale),
        "margin": _margin(crowd, scale),
    }
    scale = _with(scale, estimates)
    point = operating_point(MatchOverrides(_ANY), None, scale).for_gallery(size)
    estimates["look_alike_margin"] = _look_alike_margin(crowd, point)
    scale = _with(scale, estimates)
    intervals |= {name: estimate for name, estimate in estimates.items() if estimate is not None}
    left = tuple(name for name, estimate in estimates.items() if estimate is None)
    return Measurement(scale, intervals, left)


def _with(scale: ModelScale, estimates: Mapping[str, Estimate | None]) -> ModelScale:
    values: dict[str, Any] = {
        name: _floor(estimate.value) for name, estimate in estimates.items() if estimate is not None
    }
    return replace(scale, **values)


def _verify(crowd: Crowd, places: Indices) -> Estimate | None:
    """The narrower of what one comparison in a thousand with a worker, and with a photo, may be."""
    firsts = np.array([photos[0] for photos in crowd.strangers])
    probes = crowd.looks.rechecks[firsts]
    enrolled = {int(crowd.people[place][0]) for place in places}
    apart = np.array([row not in enrolled for row in firsts.tolist()])
    who = np.arange(len(firsts))
    both = [persons.impostors_to_photos(probes, who)]
    if apart.any():
        references = crowd.references(places)
        both.append(persons.impostors_to_workers(probes[apart], who[apart], references))
    estimates = [_low_cut(distances, people, persons.FMR) for distances, people in both]
    return min(estimates, key=lambda estimate: estimate.value)


def _same_person(crowd: Crowd) -> Estimate | None:
    chosen = [photos for photos in crowd.people if len(photos) > 2]  # noqa: PLR2004  # two are one pair
    if len(chosen) < THREE_PHOTOS:
        chosen = [photos for photos in crowd.people if len(photos) > 1]
    distances, owners = persons.to_own(crowd.looks.templates, chosen)
    if len(distances) < LEAST_SEARCHES:
        return None
    far = _low_cut(-distances, owners, persons.STRAY)
    return Estimate(-far.value, -far.high, -far.low)


def _other_person(crowd: Crowd, scale: ModelScale) -> Estimate | None:
    """Fitted to `duplicates.newcomers`, of as many people as make no difference."""
    enrolled = {int(photos[0]) for photos in crowd.people}
    others = [photos for photos in crowd.strangers if int(photos[0]) not in enrolled]
    several = [photos for photos in crowd.people if len(photos) > 1]
    if not several:
        return None
    templates = crowd.looks.templates
    chosen = [templates[photos] for photos in (*several[:MOST_PEOPLE], *others[:MOST_PEOPLE])]
    near = duplicates.newcomers(chosen, scale.cohort)
    at = rates.cut_for_others(near, duplicates.REFUSED)
    spread = _low_cut(near.scores, near.people, duplicates.REFUSED)
    return Estimate(at, min(at, spread.low), max(at, spread.high))


def _margin(crowd: Crowd, scale: ModelScale) -> Estimate | None:
    margins, people = [], []
    for draw in range(_GALLERIES):
        places = crowd.drawn(min(REFERENCE_GALLERY, len(crowd.people)), draw)
        point = operating_point(MatchOverrides(_ANY), None, scale).for_gallery(len(places))
        near = crowd.search_workers(places)
        right, of = persons.right_margins(near, point.cohort, point.match_threshold.value)
        margins.append(right)
        people.append(places[of])
    together = np.concatenate(margins)
    if len(together) < LEAST_SEARCHES:
        return None
    return _low_cut(together, np.concatenate(people), persons.AMBIGUOUS)


def _look_alike_margin(crowd: Crowd, point: OperatingPoint) -> Estimate | None:
    margins, people = [], []
    for draw in range(_GALLERIES):
        places = crowd.drawn(point.workers, draw)
        gaps, owners = persons.second_names(crowd, places, point)
        margins.append(-gaps)
        people.append(owners)
    together = np.concatenate(margins)
    if len(together) < LEAST_SEARCHES:
        return None
    far = _low_cut(together, np.concatenate(people), persons.SECOND_NAMES)
    least = point.min_margin.value
    return Estimate(*(max(least, -value) for value in (far.value, far.high, far.low)))


def _low_cut(values: npt.NDArray[np.floating], people: Indices, share: float) -> Estimate:
    """Below which `share` of the values lie, with its interval by bootstrap over people."""
    _, who = np.unique(people, return_inverse=True)
    kept = min(len(values), math.ceil(_TAIL * share * len(values)) + 1)
    lowest = np.argpartition(values, kept - 1)[:kept]
    lowest = lowest[np.argsort(values[lowest], kind="stable")]
    counts = np.bincount(who)
    weights = np.vstack([np.ones(len(counts)), rates.resampled(len(counts), replicates=200)])
    counted = np.cumsum(weights[:, who[lowest]], axis=1)
    allowed = share * (weights @ counts)
    first_too_many = (counted <= allowed[:, np.newaxis]).sum(axis=1)
    cuts = values[lowest][np.minimum(first_too_many, kept - 1)]
    low, high = np.quantile(cuts[1:], (0.025, 0.975))
    return Estimate(float(cuts[0]), float(low), float(high))


def _floor(value: float) -> float:
    return math.floor(value * _STEPS) / _STEPS
