"""Is the promised rate kept: `python -m benchmarks.promise DIR [--cache FOLDER] [--target RATE]`.

DIR holds one folder a person (LFW). With a model's own distances, galleries of several sizes are drawn
(`benchmarks.crowd`), and half of the strangers at a time are searched for. FPIR is the share who are named,
by the product's own decision: threshold for that size of gallery, recheck and margin. The enrolled taught a
projection that ships, so FNIR is a little too good where there is one.
"""

from __future__ import annotations

import numpy as np

from benchmarks import protocol
from benchmarks.crowd import ENROLLED, SIZES, Crowd, Indices, crowd
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import TARGET_FPIR, MatchOverrides, operating_point
from facevec.types import QualityGate
from training.identification.photos import scale_of

DRAWS = 10
ANY = QualityGate(0.0, 0.0, 0.0, 255.0, 0.0, np.inf)


def named(point: OperatingPoint, crowd: Crowd, rows: Indices, people: list[Indices]) -> Indices:
    """(n,) the worker who is named for each photo, -1 for nobody."""
    distances, recheck = crowd.search(rows, people, point.cohort)
    nearest = np.sort(recheck, axis=1)
    sure = nearest[:, 1] - nearest[:, 0] >= point.min_margin.value
    return np.where((distances <= point.match_threshold.value) & sure, recheck.argmin(axis=1), -1)


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument("--target", type=float, default=TARGET_FPIR)
    options = parser.parse_args()
    everybody = crowd(options)
    overrides = MatchOverrides(ANY, target_fpir=options.target)
    reference = operating_point(overrides, None, scale_of(options.model))
    print("| workers | threshold | FPIR, mean | upper quartile | FNIR |\n|---|---|---|---|---|")
    for size in SIZES:
        point = reference.for_gallery(size)
        fpirs, fnirs = [], []
        for draw in range(DRAWS):
            people = everybody.drawn(size, draw)
            for half in np.array_split(np.random.default_rng(draw).permutation(everybody.strangers), 2):
                fpirs.append(np.mean(named(point, everybody, half, people) >= 0))
            mated = np.concatenate([photos[ENROLLED:] for photos in people])
            truth = np.repeat(np.arange(size), [len(photos[ENROLLED:]) for photos in people])
            fnirs.append(np.mean(named(point, everybody, mated, people) != truth))
        print(
            f"| {size} | {point.match_threshold.value:.3f} | {np.mean(fpirs):.4f} | "
            f"{np.quantile(fpirs, 0.75):.4f} | {np.mean(fnirs):.4f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
