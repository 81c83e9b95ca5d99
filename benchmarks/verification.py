"""Are two faces one person: `python -m benchmarks.verification DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). On each deal of `benchmarks.protocol`, with the projection learnt on
people who are not measured:
- a photo is compared with a worker's reference: those of workers with their own, strangers' with all; once
  more as the service does, which accepts nobody who is nearer to another worker;
- a photo is compared with a photo: two of each worker, and strangers' with each other.
Photos are looked at as verification does, three views each.
FMR is the share of impostor comparisons at or below a threshold, FNMR that of genuine ones above it
(ISO/IEC 19795-1, 1:1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.scales.persons import FMR, impostors_to_photos
from facevec.types import Vectors
from training.identification import alternatives
from training.identification.photos import embed_folder, scale_of

DEALS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """(n,) distances of comparisons of one person, and of two."""

    genuine: npt.NDArray[np.float32]
    impostor: npt.NDArray[np.float32]

    def fmr(self, threshold: float) -> float:
        """Share of impostors taken for the same person."""
        return float(np.mean(self.impostor <= threshold))

    def fnmr(self, threshold: float) -> float:
        """Share of genuine comparisons missed."""
        return float(np.mean(self.genuine > threshold))


def with_workers(dealt: protocol.Deal, probes: Vectors, templates: Vectors, *, nearest: bool) -> Comparisons:
    """Photos against references: the mean template of each worker. nearest: only the nearest is accepted."""
    mated = protocol.by_mean(probes[dealt.probes], templates, dealt.gallery)
    strangers = protocol.by_mean(probes[dealt.strangers], templates, dealt.gallery)
    if nearest:
        mated, strangers = (np.where(d == d.min(1, keepdims=True), d, np.inf) for d in (mated, strangers))
    return Comparisons(mated[np.arange(len(mated)), dealt.truth], strangers.ravel())


def with_pictures(dealt: protocol.Deal, probes: Vectors) -> Comparisons:
    """Photos against photos: the first two of each worker, and every two strangers."""
    first, second = np.array([rows[:2] for rows in dealt.gallery if len(rows) > 1]).T
    strangers, _ = impostors_to_photos(probes[dealt.strangers], dealt.strangers)
    return Comparisons(np.linalg.norm(probes[first] - probes[second], axis=1), strangers)


def together(parts: list[Comparisons]) -> Comparisons:
    """Those of all deals."""
    return Comparisons(
        np.concatenate([part.genuine for part in parts]), np.concatenate([part.impostor for part in parts])
    )


def table(comparisons: Comparisons, thresholds: list[float]) -> Iterator[str]:
    """Lines of the table; the last is at the threshold where `FMR` lies."""
    for threshold in [*thresholds, float(np.quantile(comparisons.impostor, FMR))]:
        yield f"| {threshold:.3f} | {comparisons.fmr(threshold):.5f} | {comparisons.fnmr(threshold):.4f} |"


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument(
        "--threshold",
        type=float,
        action="append",
        help="repeatable; the model's for match and for verify unless given",
    )
    options = parser.parse_args()

    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    _, owners = np.unique(embedded.people, return_inverse=True)
    workers, nearest, pictures = [], [], []
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=3)
        learnt_from = embedded.probes[dealt.training]
        transform = alternatives.shipped(options.model)(learnt_from, owners[dealt.training])
        probes = transform(embedded.rechecks)
        templates = transform(embedded.templates)
        workers.append(with_workers(dealt, probes, templates, nearest=False))
        nearest.append(with_workers(dealt, probes, templates, nearest=True))
        pictures.append(with_pictures(dealt, probes))
    own = scale_of(options.model)
    for name, parts in (
        ("a photo with a worker", workers),
        ("a photo with the nearest worker", nearest),
        ("a photo with a photo", pictures),
    ):
        comparisons = together(parts)
        print(
            f"{name}: {len(comparisons.impostor)} impostor, {len(comparisons.genuine)} genuine comparisons\n"
        )
        print("| threshold | FMR | FNMR |\n|---|---|---|")
        print(
            "\n".join(table(comparisons, options.threshold or [own.match.distance(TARGET_FPIR), own.verify])),
            end="\n\n",
        )


if __name__ == "__main__":
    main()
