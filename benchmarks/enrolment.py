"""Are errors at enrolment caught: `python -m benchmarks.enrolment DIR [--cache FOLDER]`.

DIR holds one folder a person (LFW). On each deal of `benchmarks.protocol`, with the projection learnt on
people who are not measured and the model's default distances:
- a photo of a stranger is put among a worker's photos (wrong photo);
- an enrolled worker comes again under another name, with one, two or three new photos (duplicate);
- people who are not enrolled come with one photo, and each worker with their own (good photos).
The decisions are those of the enrolment use case: photos of one person are compared together.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from benchmarks import protocol
from facevec.decision.cohort import normalized
from facevec.decision.vectors import pairwise_distances, same_person, unit
from facevec.types import Cohort, Vectors
from training.identification import alternatives
from training.identification.photos import embed_folder, scale_of

DEALS = 10


def nearest_other(vector: Vectors, references: Vectors, own: int | None, cohort: Cohort | None) -> float:
    """Distance of (1, d) to the nearest worker but `own`, normalised as enrolment does."""
    distances = pairwise_distances(vector, references)
    if own is not None:
        distances[0, own] = np.inf
    return float(normalized(np.sort(distances, axis=1), cohort)[0])


def outcomes(
    dealt: protocol.Deal, templates: Vectors, same: float, other: float, cohort: Cohort | None, seed: int
) -> dict[str, list[bool]]:
    """Whether each planted error was caught and each good photo refused."""
    tallies: defaultdict[str, list[bool]] = defaultdict(list)
    references = unit(np.stack([templates[rows].sum(axis=0) for rows in dealt.gallery]))
    wrong = np.random.default_rng(seed).permutation(dealt.strangers)
    for worker, rows in enumerate(dealt.gallery):
        if len(rows) < 3:
            continue
        good = templates[rows]
        theirs = same_person(good, same)
        together = unit(good[theirs].sum(axis=0, keepdims=True))
        taken = nearest_other(together, references, worker, cohort) <= other
        tallies["good photos of workers refused"] += [bool(taken or not one) for one in theirs]
        planted = np.vstack([good, templates[wrong[worker : worker + 1]]])
        alone = nearest_other(planted[-1:], references, worker, cohort) <= other
        tallies["wrong photos caught"].append(bool(alone or not same_person(planted, same)[-1]))
    for row in dealt.strangers:
        tallies["strangers with one photo refused"].append(
            nearest_other(templates[row : row + 1], references, None, cohort) <= other
        )
    again: defaultdict[int, list[int]] = defaultdict(list)
    for row, worker in zip(dealt.probes, dealt.truth, strict=True):
        again[int(worker)].append(int(row))
    for rows_again in again.values():
        for count in range(1, len(rows_again) + 1):
            together = unit(templates[rows_again[:count]].sum(axis=0, keepdims=True))
            tallies[f"duplicates with {count} photos caught"].append(
                nearest_other(together, references, None, cohort) <= other
            )
    return tallies


def report(name: str, hits: npt.NDArray[np.bool_]) -> str:
    """A line of the table."""
    return f"| {name} | {hits.mean():.4f} | {len(hits)} |"


def main() -> None:
    """The command line."""
    parser = protocol.arguments(__doc__)
    parser.add_argument("--same", type=float, help="same_person_threshold; the model's own unless given")
    parser.add_argument("--other", type=float, help="other_person_threshold; the model's own unless given")
    options = parser.parse_args()

    embedded = embed_folder(options.folder, model=options.model, cache=options.cache)
    _, owners = np.unique(embedded.people, return_inverse=True)
    own = scale_of(options.model)
    same, other = options.same or own.same_person, options.other or own.other_person
    tallies: defaultdict[str, list[bool]] = defaultdict(list)
    for number in range(DEALS):
        dealt = protocol.deal(embedded.people, embedded.files, number=number, enrolled=3)
        probes = embedded.probes[dealt.training]
        templates = alternatives.shipped(options.model)(probes, owners[dealt.training])(embedded.templates)
        for name, hits in outcomes(dealt, templates, same, other, own.cohort, number).items():
            tallies[name] += hits
    print("| what | share | tried |\n|---|---|---|")
    for name, hits in sorted(tallies.items()):
        print(report(name, np.array(hits)))


if __name__ == "__main__":
    main()
