"""Open-set identification with people apart from those who trained something (ISO/IEC 19795-1, 1:N).

People are dealt by a hash of their name: of those with several photos one half trains, the other is
measured. Of the measured, those with more photos than are enrolled give mated probes; the gallery is
filled up to `GALLERY` workers with the others. People with one photo never train: they are the
strangers. Several deals are averaged.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facevec import policy
from facevec.policy import pairwise_distances, unit
from facevec.types import Vectors

GALLERY = 253
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Deal:
    """Rows of the photos: who trains, who is enrolled with which photos, who is searched for.

    gallery: rows of each worker. probes, truth: rows of mated probes and the worker each shows.
    """

    training: Indices
    gallery: tuple[Indices, ...]
    probes: Indices
    truth: Indices
    strangers: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Searches:
    """What the searches of one deal found; `*_people` says whose photo each row is.

    right: whether the nearest worker is the right one. mated, strangers: `policy.normalised` distance to
    the nearest.
    """

    right: npt.NDArray[np.bool_]
    mated: npt.NDArray[np.float64]
    mated_people: Indices
    strangers: npt.NDArray[np.float64]
    stranger_people: Indices


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A command line with what every benchmark on these people takes."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="casia-webface")
    parser.add_argument("--cache", type=Path, help="folder that keeps the network's vectors between runs")
    return parser


def deal(people: npt.NDArray[np.str_], files: npt.NDArray[np.str_], *, number: int, enrolled: int) -> Deal:
    """Deal `number` of these photos, with `enrolled` photos a worker."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in sorted(range(len(people)), key=lambda row: share(str(files[row]))):
        rows[str(people[row])].append(row)
    several = [name for name in sorted(rows) if len(rows[name]) > 1]
    measured = [name for name in several if share(f"{number}/{name}") >= 0.5]
    measured.sort(key=lambda name: (-len(rows[name]), share(f"{number}:{name}")))
    mated = [name for name in measured if len(rows[name]) > enrolled]
    others = [name for name in measured if len(rows[name]) <= enrolled]
    room = max(0, GALLERY - len(mated))
    gallery = [*mated, *others[:room]]
    strangers = [name for name in sorted(rows) if len(rows[name]) == 1] + others[room:]
    return Deal(
        training=_rows(row for name in several if name not in set(measured) for row in rows[name]),
        gallery=tuple(_rows(rows[name][:enrolled]) for name in gallery),
        probes=_rows(row for name in mated for row in rows[name][enrolled:]),
        truth=_rows(worker for worker, name in enumerate(mated) for _ in rows[name][enrolled:]),
        strangers=_rows(rows[name][0] for name in strangers),
    )


def share(text: str) -> float:
    """A number in [0, 1) that depends on nothing but `text`."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12


def _rows(numbers: Iterable[int]) -> Indices:
    return np.fromiter(numbers, np.int64)


Fusion = Callable[[Vectors, Vectors, Sequence[Indices]], npt.NDArray[np.float32]]


def by_mean(probes: Vectors, templates: Vectors, gallery: Sequence[Indices]) -> npt.NDArray[np.float32]:
    """(probes, workers) distances to each worker's mean template, as `policy.fuse` makes it."""
    references = unit(np.stack([templates[rows].sum(axis=0) for rows in gallery]))
    return pairwise_distances(probes, references)


def by_nearest(probes: Vectors, templates: Vectors, gallery: Sequence[Indices]) -> npt.NDArray[np.float32]:
    """(probes, workers) distances to the nearest of each worker's templates."""
    return np.stack([pairwise_distances(probes, templates[rows]).min(axis=1) for rows in gallery], axis=1)


def search(
    dealt: Deal,
    owners: Indices,
    probes: Vectors,
    templates: Vectors,
    fusion: Fusion = by_mean,
    usual: float = 0.0,
) -> Searches:
    """All searches of a deal; `probes` and `templates` hold every photo's vector, row by row.

    usual: as in `policy.normalised`.
    """
    mated = fusion(probes[dealt.probes], templates, dealt.gallery)
    strangers = fusion(probes[dealt.strangers], templates, dealt.gallery)
    return Searches(
        right=mated.argmin(axis=1) == dealt.truth,
        mated=policy.normalised(np.sort(mated, axis=1), usual),
        mated_people=owners[dealt.probes],
        strangers=policy.normalised(np.sort(strangers, axis=1), usual),
        stranger_people=owners[dealt.strangers],
    )


def both_looks(first: Searches, second: Searches) -> Searches:
    """The second's, with the distances that stand after both, as an evaluation takes them."""
    return replace(
        second,
        mated=policy.settled(first.mated, second.mated),
        strangers=policy.settled(first.strangers, second.strangers),
    )


def rank_one(found: Searches, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(b,) share of mated probes whose nearest worker is the right one; see `tpir` for `weights`."""
    counted = weights[:, found.mated_people]
    shares: npt.NDArray[np.float64] = counted @ found.right / counted.sum(axis=1)
    return shares


def threshold(found: Searches, fpir: float, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(b,) the distance below which at most a share `fpir` of the strangers lies."""
    order = np.argsort(found.strangers)
    counted = np.cumsum(weights[:, found.stranger_people[order]], axis=1)
    first_too_many = (counted <= fpir * counted[:, -1:] + 1e-9).sum(axis=1)
    cuts: npt.NDArray[np.float64] = found.strangers[order][np.minimum(first_too_many, len(order) - 1)]
    return cuts


def tpir(found: Searches, fpir: float, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(b,) share of mated probes named rightly at `fpir`, once for each row of `weights`.

    weights: (b, people) how often each person counts; ones for the measurement itself.
    """
    below = found.mated < threshold(found, fpir, weights)[:, np.newaxis]
    counted = weights[:, found.mated_people]
    shares: npt.NDArray[np.float64] = (counted * (below & found.right)).sum(axis=1) / counted.sum(axis=1)
    return shares


def resampled(people: int, replicates: int) -> npt.NDArray[np.float64]:
    """(replicates, people): how often each person is drawn in each bootstrap replicate; seeded."""
    generator = np.random.default_rng(0)
    return generator.multinomial(people, np.full(people, 1 / people), size=replicates).astype(np.float64)
