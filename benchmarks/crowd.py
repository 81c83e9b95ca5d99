"""Everybody in a folder of photos, as the product sees them, and what it decides about them.

The vectors are those of the projection that ships. Workers are drawn from the people with several photos;
the people with one photo are the strangers, who taught a projection nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from benchmarks import protocol
from facevec.decision.cohort import normalized
from facevec.decision.duplicates import ENROLLED
from facevec.decision.point import OperatingPoint, settled
from facevec.decision.resolve import TARGET_FPIR, MatchOverrides, operating_point
from facevec.decision.scales.crowd import Crowd, Indices, Looks, Neighbours
from facevec.types import ModelScale, QualityGate
from training.identification.alternatives import Transform, as_it_ships
from training.identification.photos import embed_folder

ANY = QualityGate(0.0, 0.0, 0.0, 255.0, 0.0, np.inf)


class Rates(NamedTuple):
    """Of searches by the product's own decision."""

    fpir: float
    fnir: float


def crowd(options: argparse.Namespace, transform: Transform | None = None) -> Crowd:
    """Those of a command line of `protocol.arguments`. transform: of the network's vectors, as it ships."""
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    transform = transform or as_it_ships(options.model)
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(embedded.files)), key=lambda row: protocol.share(str(embedded.files[row]))):
        rows[str(embedded.people[row])].append(row)
    people = [np.array(rows[name]) for name in sorted(rows)]
    return Crowd(
        Looks(*(transform(each) for each in (embedded.probes, embedded.templates, embedded.rechecks))),
        people=tuple(photos for photos in people if len(photos) > 1),
        strangers=tuple(photos for photos in people if len(photos) == 1),
    )


def at(scale: ModelScale, workers: int, target: float = TARGET_FPIR) -> OperatingPoint:
    """What decides in a gallery of so many workers, whatever the quality."""
    return operating_point(MatchOverrides(ANY, target_fpir=target), None, scale).for_gallery(workers)


def error_rates(
    point: OperatingPoint, crowd: Crowd, places: Indices, strangers: Indices | None = None
) -> Rates:
    """Of the people at `places`: which strangers are named, and which workers with `ENROLLED` photos not.

    strangers: their places; None is all.
    """
    non_mated = _named(point, crowd.search_strangers(places, strangers))
    mated = crowd.search_workers(places, ENROLLED + 1)
    return Rates(float(np.mean(non_mated)), float(1 - np.mean(_named(point, mated) & mated.right)))


def _named(point: OperatingPoint, near: Neighbours) -> Indices:
    """(n,) whether somebody is named: threshold for that size of gallery, recheck and margin."""
    first, recheck = (normalized(distances, point.cohort) for distances in (near.first, near.recheck))
    sure = near.recheck[:, 1] - near.recheck[:, 0] >= point.min_margin.value
    return (settled(first, recheck) <= point.match_threshold.value) & sure
