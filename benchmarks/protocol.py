"""Open-set identification with people apart from those who trained something (ISO/IEC 19795-1, 1:N).

People are dealt by a hash of their name: of those with several photos one half trains, the other is
measured. Of the measured, those with more photos than are enrolled give mated probes; the gallery is
filled up to `REFERENCE_GALLERY` workers with the others. People with one photo never train: they are the
strangers. Several deals are averaged. The rates are the product's own, `facevec.decision.rates`.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facevec.decision.cohort import REFERENCE_GALLERY, normalized
from facevec.decision.point import settled
from facevec.decision.rates import Searches
from facevec.decision.vectors import pairwise_distances, unit
from facevec.types import Cohort, Vectors

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
class DealSearches:
    """What the searches of one deal gave; people are numbered over all deals.

    right: whether the nearest worker is the right one, for each mated probe. distances: to the nearest of
    mated probes and of strangers, normalised.
    """

    right: npt.NDArray[np.bool_]
    distances: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    people: tuple[Indices, Indices]

    @property
    def mated(self) -> Searches:
        """A mated probe counts where the right worker is the nearest."""
        return Searches(np.where(self.right, self.distances[0], np.inf), self.people[0])

    @property
    def non_mated(self) -> Searches:
        """A stranger is named whoever is nearest."""
        return Searches(self.distances[1], self.people[1])


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
    room = max(0, REFERENCE_GALLERY - len(mated))
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
    """(probes, workers) distances to each worker's mean template, as `decision.vectors.fuse` makes it."""
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
    cohort: Cohort | None = None,
) -> DealSearches:
    """All searches of a deal; `probes` and `templates` hold every photo's vector, row by row."""
    mated = fusion(probes[dealt.probes], templates, dealt.gallery)
    strangers = fusion(probes[dealt.strangers], templates, dealt.gallery)
    return DealSearches(
        right=mated.argmin(axis=1) == dealt.truth,
        distances=(
            normalized(np.sort(mated, axis=1), cohort),
            normalized(np.sort(strangers, axis=1), cohort),
        ),
        people=(owners[dealt.probes], owners[dealt.strangers]),
    )


def with_recheck(first: DealSearches, recheck: DealSearches) -> DealSearches:
    """The recheck's, with the distances that stand after both, as an evaluation takes them."""
    mated, strangers = (settled(*pair) for pair in zip(first.distances, recheck.distances, strict=True))
    return DealSearches(recheck.right, (mated, strangers), recheck.people)
