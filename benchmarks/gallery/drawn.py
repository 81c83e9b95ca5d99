"""Drawn people, whose photos lie around them as real ones do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facevec.decision.vectors import unit
from facevec.types import Vectors

DIMENSION = 512
MODEL, CONTRACT = "drawn", "drawn-1"
APART = 0.8
"""Length of what is added to a person's vector for a photo: two photos are at about 0.86 from each other, as
real ones of hard cases are."""

BLOCK = 10_000


def people(count: int, seed: int = 1) -> Iterator[Vectors]:
    """(up to BLOCK, DIMENSION) each: one vector a person."""
    for number, start in enumerate(range(0, count, BLOCK)):
        yield noise(min(BLOCK, count - start), seed, number)


def photos(of: Vectors, seed: int) -> Vectors:
    """Another photo of each."""
    return unit(of + APART * noise(len(of), seed, 0))


def noise(count: int, *seed: int) -> Vectors:
    """(count, DIMENSION) random unit vectors."""
    return unit(np.random.default_rng(seed).standard_normal((count, DIMENSION), dtype=np.float32))


def gathered(count: int, seed: int = 1) -> Vectors:
    """(count, DIMENSION): everybody."""
    vectors = np.empty((count, DIMENSION), np.float32)
    for number, block in enumerate(people(count, seed)):
        vectors[number * BLOCK : number * BLOCK + len(block)] = block
    return vectors
