"""Is the promised rate kept: `python -m benchmarks.promise DIR [--cache FOLDER] [--target RATE] [--apart]`.

DIR holds one folder a person (LFW). Galleries of several sizes are drawn (`benchmarks.crowd`), and half of
the strangers at a time are searched for: ten times two halves. FPIR is the share who are named, by the
product's own decision. The enrolled taught a projection that ships, so FNIR is a little too good where there
is one.

With `--apart` the distances are not the model's own: each time they are measured, as `facevec models
measure` does, on one half of the people and of the strangers, and tried on the other.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import protocol
from benchmarks.crowd import Rates, at, crowd, error_rates
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.scales.crowd import Crowd
from facevec.decision.scales.match import SIZES
from facevec.decision.scales.scale import measured
from facevec.types import ModelScale
from training.identification.photos import scale_of

DRAWS = 10


def trials(everybody: Crowd, scale: ModelScale, target: float) -> Iterator[tuple[int, float, Rates]]:
    """(workers, threshold, what came out) of each half in each gallery."""
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(len(everybody.strangers))
        for half in np.array_split(order, 2):
            for size in SIZES:
                point = at(scale, size, target)
                outcome = error_rates(point, everybody, everybody.drawn(size, draw), half)
                yield size, point.match_threshold.value, outcome


def trials_apart(everybody: Crowd, known: ModelScale, target: float) -> Iterator[tuple[int, float, Rates]]:
    """The same, with distances that were measured on the other half."""
    for draw in range(DRAWS):
        halves = list(
            zip(*(_halves(each, draw) for each in (everybody.people, everybody.strangers)), strict=True)
        )
        for own, other in (halves, halves[::-1]):
            taught, tried = (Crowd(everybody.looks, *people) for people in (own, other))
            scale = measured(taught, known).scale
            for size in (size for size in SIZES if size <= len(tried.people)):
                point = at(scale, size, target)
                yield size, point.match_threshold.value, error_rates(point, tried, tried.drawn(size, draw))


def _halves(people: tuple[protocol.Indices, ...], draw: int) -> list[tuple[protocol.Indices, ...]]:
    order = np.random.default_rng(draw).permutation(len(people))
    return [tuple(people[place] for place in half) for half in np.array_split(order, 2)]


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument("--target", type=float, default=TARGET_FPIR)
    parser.add_argument("--apart", action="store_true")
    options = parser.parse_args()
    ways = trials_apart if options.apart else trials
    outcomes = list(ways(crowd(options), scale_of(options.model), options.target))
    print("| workers | threshold | FPIR, mean | upper quartile | FNIR |\n|---|---|---|---|---|")
    for size in SIZES:
        of_size = [(threshold, *each) for workers, threshold, each in outcomes if workers == size]
        if of_size:
            thresholds, fpirs, fnirs = np.array(of_size).T
            print(
                f"| {size} | {thresholds.mean():.3f} | {fpirs.mean():.4f} | {np.quantile(fpirs, 0.75):.4f} | "
                f"{fnirs.mean():.4f} |"
            )


if __name__ == "__main__":
    main()
