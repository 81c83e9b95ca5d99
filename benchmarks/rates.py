"""Which distance keeps which rate: `python -m benchmarks.rates DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). For each FPIR:
- on the deals of `benchmarks.identification`, with what ships learnt anew: the distance that keeps it, its
  deviation between deals, and TPIR there;
- the narrower distance that keeps it in three of four cases, each case a deal and as many strangers drawn
  again from its own, and TPIR there;
- the distance that keeps it in three of four cases with the projection that ships, in galleries of every size
  of `benchmarks.crowd`: written for the size of reference and falling with the logarithm of the size.
The last column is the table of a model's scale (`types.scale.RateTable`). How it falls, its `decline`, stands
below: the slope of the line through the distances for an FPIR of 0.01.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks import identification, protocol
from benchmarks.crowd import SIZES, Crowd, crowd
from facevec.decision import rates
from facevec.decision.cohort import growth, in_gallery
from facevec.decision.rates import Searches
from facevec.decision.resolve import TARGET_FPIR
from facevec.types import Cohort
from training.identification.photos import embed_folder, scale_of

FPIRS = (0.001, 0.002, 0.003, 0.005, TARGET_FPIR, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)

FAILING = 0.25
"""Share of the cases in which more strangers than promised may be named; with the mean of all cases it would
be every second one."""

DRAWS, REPLICATES = 20, 100

Distances = npt.NDArray[np.float64]


def kept(everybody: Crowd, size: int, cohort: Cohort | None) -> Distances:
    """For each of `FPIRS` the distance that keeps it in all but `FAILING` of the cases of this size."""
    people = np.arange(len(everybody.strangers))
    drawn = rates.resampled(len(people), replicates=REPLICATES)
    usual = None if cohort is None else in_gallery(cohort, size)
    cuts = []
    for draw in range(DRAWS):
        distances, _ = everybody.search(everybody.strangers, everybody.drawn(size, draw), usual)
        searches = Searches(distances, people)
        cuts.append([rates.cuts(searches, fpir, drawn) for fpir in FPIRS])
    narrow: Distances = np.quantile(cuts, FAILING, axis=(0, 2))
    return narrow


def table(everybody: Crowd, cohort: Cohort | None) -> tuple[Distances, float]:
    """The distances at the size of reference, and their decline, so that every size keeps its rates."""
    by_size = np.array([kept(everybody, size, cohort) for size in SIZES])
    grown = np.array([growth(size) for size in SIZES])
    decline = -float(np.polyfit(grown, by_size[:, FPIRS.index(TARGET_FPIR)], 1)[0])
    distances: Distances = (by_size + decline * grown[:, np.newaxis]).min(axis=0)
    return distances, decline


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    cohort = scale_of(options.model).cohort
    deals = identification.searches(identification.shipped(options.model), embedded, owners, cohort)
    once, drawn = np.ones((1, len(names))), rates.resampled(len(names), replicates=REPLICATES)
    shipped, decline = table(crowd(options), cohort)
    heads = ("FPIR", "distance", "deviation", "TPIR", "in three of four", "TPIR", "as it ships")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for fpir, ships in zip(FPIRS, shipped, strict=True):
        cuts = [rates.cuts(dealt.non_mated, fpir, once) for dealt in deals]
        hits = [rates.hits(dealt.mated, cut, once) for dealt, cut in zip(deals, cuts, strict=True)]
        narrow = np.quantile([rates.cuts(dealt.non_mated, fpir, drawn) for dealt in deals], FAILING)
        narrow_hits = [rates.hits(dealt.mated, np.array([narrow]), once) for dealt in deals]
        print(
            f"| {fpir:g} | {np.mean(cuts):.3f} | {np.std(cuts):.3f} | {np.mean(hits):.3f} | "
            f"{narrow:.3f} | {np.mean(narrow_hits):.3f} | {ships:.3f} |"
        )
    print(f"\nfalls by {decline:.3f}")


if __name__ == "__main__":
    main()
