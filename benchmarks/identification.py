"""How well people are identified, step by step: `python -m benchmarks.identification DIR`.

DIR holds one folder a person (LFW). Each row of the table is one way to prepare and compare faces, all on
the same detections and deals of `benchmarks.protocol`; what is learnt, is learnt on people who are not
measured. Intervals are 95 %, by bootstrap over people. The last rows are those of `BESIDE` as they ship,
where they are here; with `--model` the table is that model's alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from facevec.decision import rates
from facevec.errors import ModelMissing
from facevec.types import Cohort
from facevec.usecases.model import networks_of
from training.identification import alternatives
from training.identification.photos import Embedded, embed_folder, recipe, scale_of

DEALS, REPLICATES = 10, 400

FPIRS = (0.01, 0.003, 0.001)

FIRST, *BESIDE = ("casia-webface", "retail-0095", "casia-webface+retail-0095")
"""The model whose steps are shown, and those that stand beside it."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to identify.

    margin: of the crop; None for the model's own. mirrored: templates also look at the mirror image.
    normalized: by the neighbours, `decision.cohort`. recheck: probes near the threshold are rechecked,
    `decision.point.settled`.
    """

    name: str
    margin: int | None = None
    learner: alternatives.Learner = alternatives.as_they_are
    fusion: protocol.Fusion = protocol.by_mean
    mirrored: bool = False
    normalized: bool = False
    recheck: bool = False
    enrolled: int = 3


MEAN = Way("1: one look, mean template")
SHIPPED = "6: as it ships"


def shipped(model: str) -> Way:
    """What the product does with a model."""
    learner = alternatives.shipped(model)
    return Way(SHIPPED, learner=learner, mirrored=True, normalized=True, recheck=True)


def ways(model: str) -> tuple[Way, ...]:
    """What is compared; other crops where the network takes a box, whose margin somebody has to choose.

    Of several networks together what ships: nothing is learnt on their vectors in a row.
    """
    if len(networks_of(model)) > 1:
        return as_shipped(model)
    crops = (
        Way("plain: no margin, nearest template", margin=0, fusion=protocol.by_nearest),
        *(Way(f"margin {margin}, mean template", margin=margin) for margin in (0, 14, 32, 40)),
    )
    mirrored = Way("4: 3 with mirrored templates", learner=alternatives.biased, mirrored=True)
    return (
        *(crops if recipe(model).landmarks is None else ()),
        MEAN,
        replace(MEAN, name="1, nearest template", fusion=protocol.by_nearest),
        replace(MEAN, name="1 with mirrored templates, normalised", mirrored=True, normalized=True),
        replace(MEAN, name="2: 1 centred", learner=alternatives.centred),
        replace(MEAN, name="2 whitened", learner=alternatives.whitened),
        replace(MEAN, name="2 normalised within people", learner=alternatives.within_normalized),
        replace(MEAN, name="2 normalised by the neighbours", learner=alternatives.centred, normalized=True),
        replace(MEAN, name="3: 2 with the cohort's bias", learner=alternatives.biased),
        mirrored,
        replace(mirrored, name="5: 4 normalised by the neighbours", normalized=True),
        *as_shipped(model),
    )


def as_shipped(model: str) -> tuple[Way, ...]:
    """What the product does with a model, and the same with fewer photos a worker."""
    ships = shipped(model)
    return (
        ships,
        replace(ships, name="6, two photos a worker", enrolled=2),
        replace(ships, name="6, one photo a worker", enrolled=1),
    )


def searches(
    way: Way, embedded: Embedded, owners: npt.NDArray[np.int64], cohort: Cohort | None
) -> list[protocol.DealSearches]:
    """The searches of every deal. cohort: where the way normalises."""
    results = []
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=way.enrolled)
        probes = embedded.probes if way.margin is None else embedded.once[way.margin]
        transform = way.learner(probes[dealt.training], owners[dealt.training])
        templates = transform(embedded.templates if way.mirrored else probes)
        passes = [
            protocol.search(
                dealt, owners, transform(vectors), templates, way.fusion, cohort if way.normalized else None
            )
            for vectors in ((probes, embedded.rechecks) if way.recheck else (probes,))
        ]
        results.append(protocol.with_recheck(*passes) if way.recheck else passes[0])
    return results


def row(name: str, deals: Sequence[protocol.DealSearches], people: int) -> str:
    """A line of the table: rank-1, and TPIR with its interval and threshold at each FPIR."""
    once, many = np.ones((1, people)), rates.resampled(people, seed=0, replicates=REPLICATES)
    cells = [f"{np.mean([dealt.right.mean() for dealt in deals]):.3f}"]
    for fpir in FPIRS:
        tpir, threshold = _tpir(deals, fpir, once)
        low, high = np.quantile(_tpir(deals, fpir, many)[0], (0.025, 0.975))
        cells += [f"{tpir[0]:.3f} ({low:.3f} to {high:.3f})", f"{threshold[0]:.3f}"]
    return f"| {name} | " + " | ".join(cells) + " |"


def _tpir(
    deals: Sequence[protocol.DealSearches], fpir: float, weights: rates.Scores
) -> tuple[rates.Scores, rates.Scores]:
    """(b,) TPIR and threshold, the mean over deals, for each row of `weights`."""
    cuts = [rates.cuts(dealt.non_mated, fpir, weights) for dealt in deals]
    hits = [rates.hits(dealt.mated, cut, weights) for dealt, cut in zip(deals, cuts, strict=True)]
    return np.mean(hits, axis=0), np.mean(cuts, axis=0)


def rows(options: argparse.Namespace, model: str, tried: Sequence[Way]) -> Iterator[str]:
    """The lines of a model's ways. Raises ModelMissing."""
    margins = sorted({way.margin for way in tried if way.margin is not None})
    embedded = embed_folder(options.folder, model=model, margins=margins, cache=options.cache)
    names, owners = np.unique(embedded.people, return_inverse=True)
    cohort = scale_of(model).cohort
    for way in tried:
        yield row(f"{model}, {way.name}", searches(way, embedded, owners, cohort), len(names))


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.set_defaults(model=None)
    options = parser.parse_args()
    first = options.model or FIRST
    tables = {first: ways(first)}
    if options.model is None:
        tables |= {model: as_shipped(model) for model in BESIDE}
    heads = " | ".join(f"TPIR at FPIR {fpir} | distance" for fpir in FPIRS)
    print(f"| way | rank 1 | {heads} |\n|{'---|' * (2 + 2 * len(FPIRS))}", flush=True)
    for model, tried in tables.items():
        try:
            for line in rows(options, model, tried):
                print(line, flush=True)
        except ModelMissing as error:
            print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
