"""The distances that suit a model nobody measured, from the templates of those who are enrolled.

The photos are not kept, so their templates are searched for, each worker among all others. They count where
nothing better does: no settings, no calibration, and no scale that was measured on photos.

Whoever may enrol decides who is measured. Faces that are like nobody's would make strangers look further than
they are, so no distance comes out beyond the one up to which a face might be a worker's before
(`ModelScale.doubt`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facevec.decision import rates
from facevec.decision.resolve import TARGET_FPIR
from facevec.decision.scales.crowd import Crowd, Looks
from facevec.decision.scales.scale import measured
from facevec.errors import ModelUnknown
from facevec.ports import Clock, Networks, OwnScales, TemplateSource
from facevec.types import Evidence, MeasuredScale, ModelScale, Templates
from facevec.usecases.scale import measured_elsewhere

LEAST_WORKERS = 100
"""Fewer cannot tell one in a hundred. With so many the rate held on strangers in the gallery of these
workers, with half of them it did not (`python -m benchmarks.unmeasured`).
"""

MOST_WORKERS = 1000
"""Drawn at random from more: beyond that nothing is gained."""

GROWN = 1.1
"""By so many times another number of workers, and their distances are measured again."""


def measure_own(
    registry: TemplateSource, scales: OwnScales, networks: Networks, now: Clock
) -> MeasuredScale | None:
    """Measure and store, where it would count and there are workers enough, or other workers than before.

    None where there was nothing to do. Raises RegistryError, NotAuthentic.
    """
    state = registry.state()
    if state.model is None or state.contract is None:
        return None
    try:
        known = measured_elsewhere(networks, state.model, state.contract)
    except ModelUnknown:
        return None
    _, workers, _ = registry.enrolled(state.contract)
    newest = scales.latest(state.contract)
    if known.match.evidence is Evidence.MEASURED or not _is_due(newest, workers):
        return None
    _, templates = registry.templates(state.contract)
    crowd = crowd_of(templates, registry.distinct_pairs())
    if len(crowd.people) < LEAST_WORKERS:
        return None
    measurement = measured(crowd, known, Evidence.OWN_WORKERS)
    if measurement.scale.match.distance(TARGET_FPIR) <= 0:
        return None  # somebody is enrolled under two names, and nobody would be named at all
    scale = MeasuredScale(
        model=state.model,
        contract=state.contract,
        scale=no_wider(measurement.scale, known),
        intervals=measurement.intervals,
        left=measurement.left,
        people=len(crowd.people),
        strangers=len(crowd.strangers),
        photos=len(templates.worker_ids),
        everybody_searched=True,
        measured_at=now(),
    )
    scales.add(scale)
    return scale


def crowd_of(templates: Templates, distinct_pairs: Sequence[tuple[int, int]] = ()) -> Crowd:
    """Everybody enrolled, and a stranger in the gallery without themselves.

    Of two who were decided to be two people although they look alike only one: nobody decided that of a
    stranger.
    """
    left_out = {max(pair) for pair in distinct_pairs}
    worker_ids = [int(worker) for worker in np.unique(templates.worker_ids) if int(worker) not in left_out]
    if len(worker_ids) > MOST_WORKERS:
        worker_ids = np.random.default_rng(rates.SEED).permutation(worker_ids)[:MOST_WORKERS].tolist()
    people = tuple(np.flatnonzero(templates.worker_ids == worker) for worker in worker_ids)
    vectors = templates.vectors
    return Crowd(Looks(vectors, vectors, vectors), people, ()).everybody_searched()


def no_wider(measured: ModelScale, known: ModelScale) -> ModelScale:
    """What was measured, as far as it names and verifies nobody whom `known` would not hold for possible."""
    match, most = measured.match, known.doubt or known.match.distance(TARGET_FPIR)
    pairs = tuple((fpir, min(distance, most)) for fpir, distance in match.pairs)
    return replace(measured, match=replace(match, pairs=pairs), verify=min(measured.verify, most))


def _is_due(newest: MeasuredScale | None, workers: int) -> bool:
    people = min(workers, MOST_WORKERS)
    if newest is None:
        return people >= LEAST_WORKERS
    fewer, more = sorted((newest.people, people))
    return more > GROWN * max(fewer, 1)
