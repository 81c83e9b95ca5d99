"""Which distance keeps which rate: `python -m benchmarks.rates DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). On the deals of `benchmarks.identification`, with what ships: for each
FPIR the distance that keeps it, its deviation between deals, and TPIR there. It is the table of a
model's scale (`types.scale.RateTable`).
"""

from __future__ import annotations

import numpy as np

from benchmarks import identification, protocol
from facevec.decision import rates
from facevec.vision.weights import catalogue
from training.identification.photos import embed_folder

FPIRS = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3)


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    cohort = catalogue.scale(options.model).cohort
    deals = identification.searches(identification.shipped(options.model), embedded, owners, cohort)
    once = np.ones((1, len(names)))
    print("| FPIR | distance | deviation | TPIR |\n|---|---|---|---|")
    for fpir in FPIRS:
        cuts = [rates.cuts(dealt.non_mated, fpir, once) for dealt in deals]
        hits = [rates.hits(dealt.mated, cut, once) for dealt, cut in zip(deals, cuts, strict=True)]
        print(f"| {fpir:g} | {np.mean(cuts):.4f} | {np.std(cuts):.4f} | {np.mean(hits):.3f} |")


if __name__ == "__main__":
    main()
