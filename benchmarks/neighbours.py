"""How distances follow the size of the gallery: `python -m benchmarks.neighbours DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). Strangers are searched for among workers drawn from the galleries of
`benchmarks.protocol`: the mean distance to the neighbours (`types.scale.Cohort`), and where an FPIR of 0.01
lies, plain and normalised. The last line says by how much both fall when the gallery grows e times: the
`decline` of a model's `Cohort` and `RateTable`.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from benchmarks import protocol
from facevec.decision import rates
from facevec.decision.cohort import REFERENCE_GALLERY, SEARCH_DEPTH, normalized
from facevec.decision.rates import Searches
from facevec.decision.resolve import TARGET_FPIR
from facevec.types import Cohort
from training.identification import alternatives
from training.identification.photos import embed_folder

DEALS, DRAWS = 10, 4
SIZES = (SEARCH_DEPTH, 20, 50, 100, REFERENCE_GALLERY)


def main() -> None:
    """The command line."""
    options = protocol.arguments(__doc__).parse_args()
    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    learner = alternatives.shipped(options.model)
    once = np.ones((1, len(names)))
    neighbours, plain, corrected = (defaultdict[int, list[float]](list) for _ in range(3))
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=3)
        project = learner(embedded.probes[dealt.training], owners[dealt.training])
        probes, templates = project(embedded.probes[dealt.strangers]), project(embedded.templates)
        distances = protocol.by_mean(probes, templates, dealt.gallery)
        for size in SIZES:
            for draw in range(DRAWS if size < REFERENCE_GALLERY else 1):
                drawn = np.random.default_rng(draw).permutation(len(dealt.gallery))[:size]
                nearest = np.sort(distances[:, drawn], axis=1)
                usual = float(nearest[:, 1:SEARCH_DEPTH].mean())
                neighbours[size].append(usual)
                for cohort, cuts in ((None, plain), (Cohort(usual), corrected)):
                    searches = Searches(normalized(nearest, cohort), owners[dealt.strangers])
                    cuts[size].append(float(rates.cuts(searches, TARGET_FPIR, once)[0]))
    print("| workers | neighbours | FPIR 0.01, plain | normalised |\n|---|---|---|---|")
    columns = (neighbours, plain, corrected)
    for size in SIZES:
        print(f"| {size} | " + " | ".join(f"{np.mean(column[size]):.3f}" for column in columns) + " |")
    falls = [
        -float(np.polyfit(np.log(SIZES), [np.mean(column[size]) for size in SIZES], 1)[0])
        for column in columns
    ]
    print("| falls by | " + " | ".join(f"{fall:.3f}" for fall in falls) + " |")


if __name__ == "__main__":
    main()
