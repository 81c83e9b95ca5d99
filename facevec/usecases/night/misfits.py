"""Photos that do not fit their worker: far from the worker's others, or nearer to somebody else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facevec.decision.vectors import apart, fuse
from facevec.ports import LiveGallery
from facevec.types import Finding, Page
from facevec.usecases.night.neighbours import BATCH, Neighbours
from facevec.usecases.night.night import NOT_KNOWN, Night, StepResult
from facevec.usecases.roll import every_page

FAR = "It is further from the worker's other photos than a photo of one person may be."
ANOTHERS = "It is nearer to the second worker than to the worker's other photos."


def misfits(night: Night) -> StepResult:
    """Photos of workers with two and more: a photo alone has nothing to be held against.

    Only who is as near as photos of one person are counts as nearer: strangers are nearest to somebody, too.
    """
    if night.thresholds is None:
        return NOT_KNOWN
    contract = night.state.contract
    if contract is None:
        return StepResult()
    most = night.thresholds.rules.same_person_threshold.value
    findings: list[Finding] = []
    view: LiveGallery | None = None
    for page in every_page(night.registry, contract):
        if len(page.templates.worker_ids):
            view = view or night.view(contract, page.templates.vectors.shape[1])
            findings += _of_page(page, night.neighbours, view, most)
    return StepResult(findings=sorted(findings, key=lambda each: -(each.distance or 0)))


def _of_page(page: Page, neighbours: Neighbours, view: LiveGallery, most: float) -> Iterator[Finding]:
    workers, vectors, photos = page.templates.worker_ids, page.templates.vectors, page.templates.photo_ids
    own, is_one_of_several = apart(workers, vectors)
    people, references = fuse(page.templates)
    to_reference = np.linalg.norm(vectors - references[np.searchsorted(people, workers)], axis=1)
    rows, known = neighbours.rows(workers)
    nearest = neighbours.distances[rows, 0] if len(neighbours.worker_ids) else np.zeros(len(workers))
    # Whoever is so near to a photo is within the sum of both of the worker's reference: nobody, mostly.
    reach = np.minimum(own, most)
    may_be_anothers = is_one_of_several & (~known | (nearest <= reach + to_reference))
    other: dict[int, tuple[int, float]] = {}
    places = np.flatnonzero(may_be_anothers)
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        _, ranked = view.search(vectors[some], 2)
        for place, candidates in zip(some.tolist(), ranked, strict=True):
            others = [each for each in candidates if each.worker_id != workers[place]]
            if others and others[0].distance < reach[place]:
                other[place] = others[0].worker_id, others[0].distance
    for place in np.flatnonzero(is_one_of_several).tolist():
        photo = None if photos is None else int(photos[place])
        if place in other:
            yield Finding((int(workers[place]), other[place][0]), photo, other[place][1], reason=ANOTHERS)
        elif own[place] > most:
            yield Finding((int(workers[place]),), photo, float(own[place]), reason=FAR)
