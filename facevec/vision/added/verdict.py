"""Whether vectors of drawn people are those of a network that knows faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facevec.decision.vectors import unit
from facevec.errors import ModelRefused
from facevec.types import Vectors
from facevec.vision.added.portraits import SHOTS

SAME = 1e-3
"""Distance between two vectors of one picture: what rounding makes of it."""

APART = 0.1
"""Median distance between two people. Measured: networks of faces 0.4 to 0.5; one of chance 0.002."""

MIRRORED, SHIFTED = 0.55, 0.8
"""Mean distance to the mirrored and to the shifted portrait, in medians between two people. Measured: 0.13 to
0.26 and 0.36 to 0.51 for networks of faces; from 0.6 and 1.1 for the same with shuffled weights."""

NEAREST = 0.9
"""Share of the other portraits that are nearest to the same person's. Measured: all of them for networks of
faces, 0.25 to 0.75 for others."""


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a network gave, as it gave it.

    alone: (people, shots, length), one face at a time. again: (people, length) of the first shots, once more;
    together: the same in one batch.
    """

    alone: Vectors
    again: Vectors
    together: Vectors


@dataclass(frozen=True, slots=True)
class Findings:
    """Of drawn people: mean distance to themselves mirrored and shifted, and the median to others."""

    mirrored: float
    shifted: float
    others: float


def judge(outputs: Outputs) -> Findings:
    """What was found. Raises ModelRefused, saying what a network of faces would not do."""
    vectors = unit(outputs.alone)
    _require_same(vectors[:, 0], outputs.again, "The network gives another vector for the same picture")
    _require_same(vectors[:, 0], outputs.together, "The network mixes the faces of one batch")
    findings = _findings(vectors)
    _require_nearest(vectors)
    return findings


def _findings(vectors: Vectors) -> Findings:
    first = vectors[:, 0]
    between = np.linalg.norm(first[:, np.newaxis] - first, axis=-1)
    others = float(np.median(between[~np.eye(len(first), dtype=bool)]))
    if others < APART:
        raise ModelRefused(
            f"The network does not tell drawn people apart: {others:.3f} lie between two of them, where "
            f"networks of faces have {APART:g} and more."
        )
    mirrored, shifted = (
        float(np.linalg.norm(vectors[:, SHOTS.index(shot)] - first, axis=-1).mean())
        for shot in ("mirrored", "shifted")
    )
    for name, distance, most in (("mirrored", mirrored, MIRRORED), ("shifted", shifted, SHIFTED)):
        if distance > most * others:
            raise ModelRefused(
                f"The network takes a {name} face for another: {distance:.3f} from itself, and {others:.3f} "
                "between two people. Look at size, channels, mean, scale and crop of the description."
            )
    return Findings(mirrored, shifted, others)


def _require_nearest(vectors: Vectors) -> None:
    people = len(vectors)
    rest = vectors[:, 1:]
    nearest = np.linalg.norm(rest[:, :, np.newaxis] - vectors[:, 0], axis=-1).argmin(axis=-1)
    share = float((nearest == np.arange(people)[:, np.newaxis]).mean())
    if share < NEAREST:
        raise ModelRefused(
            f"The network knows {share:.0%} of the drawn people again, mirrored, shifted and in other light; "
            f"networks of faces know {NEAREST:.0%} and more. Look at the description."
        )


def _require_same(vectors: Vectors, others: Vectors, fault: str) -> None:
    distance = float(np.linalg.norm(vectors - unit(others), axis=-1).max())
    if distance > SAME:
        raise ModelRefused(f"{fault}: they lie {distance:.3f} apart.")
