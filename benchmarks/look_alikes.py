"""Who is named of two who are alike: `python -m benchmarks.look_alikes DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). On each deal of `benchmarks.protocol`, with the projection learnt on
people who are not measured and the model's default distances, two kinds of pair are enrolled:
- twice: a worker and, as a newcomer, the same person by one or two of their other photos;
- alike: a worker and somebody else whose one photo, or three, enrolment takes for theirs.
All other photos of the two are searched for, with several margins between look-alikes. Searches are rechecks.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from benchmarks import protocol
from benchmarks.enrolment import DEALS, nearest_other
from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.decision.vectors import mean, pairwise_distances
from facevec.types import Candidate, ModelScale, Quality, QualityGate, Status, Vectors
from training.identification import alternatives
from training.identification.photos import embed_folder, scale_of

ANY = QualityGate(0.0, 0.0, 0.0, 255.0, 0.0, math.inf)
FACE = Quality(100.0, 100.0, 100.0, 50.0, 0.0, 0.0)
THRESHOLDS = (None, 0.55)
"""Match thresholds: the model's, and a narrower one as large galleries and small rates have it."""

LOOK_ALIKE_MARGINS = (0.0, 0.1, 0.15, 0.18, 0.2, 0.22, 0.25, 0.3, 0.35, 2.0)
"""Margins to a look-alike: from no other than to anybody to one that nobody keeps."""

OUTCOMES = ("as themselves", "as the other", "ambiguous", "unknown")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two workers, by their places in the gallery, and what is searched for: whom it shows, and probes."""

    kind: str
    gallery: Vectors
    places: tuple[int, int]
    probes: tuple[tuple[int, Vectors], ...]


def pairs(dealt: protocol.Deal, templates: Vectors, probes: Vectors, scale: ModelScale) -> Iterator[Pair]:
    """Every pair of a deal."""
    references = np.vstack([mean(templates[rows]) for rows in dealt.gallery])
    others: defaultdict[int, list[int]] = defaultdict(list)
    for row, worker in zip(dealt.probes, dealt.truth, strict=True):
        others[int(worker)].append(int(row))
    for worker, rows in others.items():
        for count in (1, 2):
            if len(rows) > count:
                gallery = np.vstack([references, mean(templates[rows[:count]])])
                # Whatever newcomer they are enrolled as, the worker is whom they are.
                shown = ((worker, probes[rows[count:]]),)
                yield Pair(f"twice, {count}", gallery, (worker, len(references)), shown)
        enrolled = dealt.gallery[worker]
        for count in (1, 3):
            newcomer = mean(templates[enrolled[:count]])
            if nearest_other(newcomer, references, worker, scale.cohort) > scale.other_person:
                continue
            distances = pairwise_distances(newcomer, references)[0]
            distances[worker] = np.inf
            like = int(distances.argmin())
            gallery = references.copy()
            gallery[worker] = newcomer
            shown = (like, probes[others.get(like, [])]), (worker, probes[[*enrolled[count:], *rows]])
            yield Pair(f"alike, {count}", gallery, (like, worker), shown)


def outcomes(pair: Pair, scale: ModelScale) -> Iterator[tuple[str, float, float, str]]:
    """(kind, match threshold, margin to a look-alike, what the search comes to)."""
    for threshold, margin in itertools.product(THRESHOLDS, LOOK_ALIKE_MARGINS):
        decided = replace(scale, look_alike_margin=margin)
        point = operating_point(MatchOverrides(ANY, match_threshold=threshold), None, decided)
        for shown, vectors in pair.probes:
            for distances in pairwise_distances(vectors, pair.gallery):
                said = outcome(point, distances, pair.places, shown)
                yield pair.kind, point.match_threshold.value, margin, said


def outcome(point: OperatingPoint, distances: Vectors, decided: tuple[int, int], shown: int) -> str:
    """What a probe that shows worker `shown` comes to, if `decided` are decided to be two."""
    places = np.argsort(distances)[:SEARCH_DEPTH]
    nearest = [Candidate(int(place), float(distances[place])) for place in places]
    distinct_from = set(decided) - {nearest[0].worker_id} if nearest[0].worker_id in decided else ()
    decision = point.decide(nearest, FACE, distinct_from)
    if decision.status is not Status.IDENTIFIED:
        return decision.status.value
    return "as themselves" if decision.worker_id == shown else "as the other"


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    _, owners = np.unique(embedded.people, return_inverse=True)
    scale = scale_of(options.model)
    counts: defaultdict[tuple[object, ...], Counter[str]] = defaultdict(Counter)
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=3)
        projected = alternatives.shipped(options.model)(
            embedded.probes[dealt.training], owners[dealt.training]
        )
        templates, probes = projected(embedded.templates), projected(embedded.rechecks)
        for pair in pairs(dealt, templates, probes, scale):
            for *key, said in outcomes(pair, scale):
                counts[tuple(key)][said] += 1
    columns = " | ".join(("match threshold", "margin to a look-alike", *OUTCOMES))
    print(f"| pair, photos of the newcomer | {columns} | searches |")
    print("|---" * (4 + len(OUTCOMES)) + "|")
    for (kind, threshold, margin), searches in sorted(counts.items()):
        total = searches.total()
        shares = " | ".join(f"{searches[said] / total:.3f}" for said in OUTCOMES)
        print(f"| {kind} | {threshold:.3f} | {margin:g} | {shares} | {total} |")


if __name__ == "__main__":
    main()
