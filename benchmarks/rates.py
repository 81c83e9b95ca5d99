"""Which distance keeps which rate: `python -m benchmarks.rates DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). For each FPIR:
- on the deals of `benchmarks.identification`, with what ships learnt anew: the distance that keeps it, its
  deviation between deals, and TPIR there;
- the narrower distance that keeps it in three of four cases, each case a deal and as many strangers drawn
  again from its own, and TPIR there;
- the distance that keeps it with the projection that ships, as `facevec models measure` has it
  (`decision.scales.match`).
Below stand the other distances that the command gives.
"""

from __future__ import annotations

import numpy as np

from benchmarks import identification, protocol
from benchmarks.crowd import crowd
from facevec.decision import rates
from facevec.decision.scales.match import FAILING, REPLICATES
from facevec.decision.scales.scale import measured
from training.identification.photos import embed_folder, scale_of


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    known = scale_of(options.model)
    deals = identification.searches(identification.shipped(options.model), embedded, owners, known.cohort)
    once, drawn = np.ones((1, len(names))), rates.resampled(len(names), replicates=REPLICATES)
    scale = measured(crowd(options), known).scale
    heads = ("FPIR", "distance", "deviation", "TPIR", "in three of four", "TPIR", "as it ships")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for fpir, ships in scale.match.pairs:
        cuts = [rates.cuts(dealt.non_mated, fpir, once) for dealt in deals]
        hits = [rates.hits(dealt.mated, cut, once) for dealt, cut in zip(deals, cuts, strict=True)]
        narrow = np.quantile([rates.cuts(dealt.non_mated, fpir, drawn) for dealt in deals], FAILING)
        narrow_hits = [rates.hits(dealt.mated, np.array([narrow]), once) for dealt in deals]
        print(
            f"| {fpir:g} | {np.mean(cuts):.3f} | {np.std(cuts):.3f} | {np.mean(hits):.3f} | "
            f"{narrow:.3f} | {np.mean(narrow_hits):.3f} | {ships:.3f} |"
        )
    names = ("margin", "look_alike_margin", "verify", "same_person", "other_person")
    print(f"\nfalls by {scale.match.decline:.3f}; {scale.cohort}")
    print(", ".join(f"{name} {getattr(scale, name):.3f}" for name in names))


if __name__ == "__main__":
    main()
