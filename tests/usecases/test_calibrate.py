"""Calibration on drawn vectors whose true error rates can be looked up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facevec.decision.cohort import SEARCH_DEPTH
from facevec.decision.point import RECHECK_BAND, OperatingPoint, Origin, Parameter
from facevec.decision.promise import is_enough
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.decision.vectors import fuse, pairwise_distances, unit
from facevec.errors import InputError
from facevec.ports import utc_now
from facevec.registry.engine import open_in_memory
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from facevec.types import (
    Box,
    Calibration,
    Candidate,
    DistinctFrom,
    Face,
    Landmarks,
    NewPhoto,
    QualityGate,
    RateTable,
    Status,
    Templates,
    Vectors,
)
from facevec.usecases import calibrate as usecase
from facevec.usecases.calibrate import calibrate
from facevec.usecases.identify import Search
from facevec.usecases.strangers import Stranger
from tests.integrity import KEY
from tests.toy import DIMENSION, GOOD
from tests.toy import SCALE as TOY_SCALE

GATE = QualityGate(20, 5, 20, 240, 8, 1)
SCALE = replace(TOY_SCALE, match=RateTable(((0.01, 0.9),)), margin=0.02, look_alike_margin=0.3, verify=0.9)
IN_FORCE = operating_point(MatchOverrides(GATE), None, SCALE)
SHAPE = 24
"""Directions in which drawn people differ: few, so that strangers come near workers."""


def drawn(people: int, photos: int, seed: int) -> Vectors:
    """(people, photos, DIMENSION): one direction a person, and noise."""
    rng = np.random.default_rng(seed)
    vectors = np.zeros((people, photos, DIMENSION), np.float32)
    vectors[..., :SHAPE] = rng.normal(size=(people, 1, SHAPE)) + 0.4 * rng.normal(
        size=(people, photos, SHAPE)
    )
    return unit(vectors)


def nearest(registry: SqlRegistry, vectors: Vectors) -> list[tuple[Candidate, ...]]:
    """What a search of the gallery would give for each."""
    _, templates = registry.templates("drawn-1")
    ids, references = fuse(templates)
    if not len(ids):
        return [() for _ in vectors]
    return [
        tuple(Candidate(int(ids[place]), float(row[place])) for place in np.argsort(row)[:SEARCH_DEPTH])
        for row in pairwise_distances(vectors, references)
    ]


def strangers_of(registry: SqlRegistry, vectors: Vectors) -> list[Stranger]:
    at = (60.0, 60.0)
    face = Face(Box(0, 0, 120, 120), Landmarks(at, at, at, at, at), 0.99, GOOD)
    return [
        Stranger(row, Search(face, candidates, candidates))
        for row, candidates in enumerate(nearest(registry, vectors))
    ]


@pytest.fixture
def registry() -> SqlRegistry:
    engine = open_in_memory(KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("drawn", "drawn-1")
    return registry


def enrol(registry: SqlRegistry, vectors: Vectors) -> None:
    for number, templates in enumerate(vectors):
        photos = [
            NewPhoto(f"{number}x{row}".rjust(64, "0"), "drawn.png", GOOD, template, "drawn-1")
            for row, template in enumerate(templates)
        ]
        registry.add_worker(f"Drawn {number}", None, None, photos)


def measured(
    registry: SqlRegistry, point: OperatingPoint, target: float, strangers: list[Stranger] | None
) -> Calibration:
    return calibrate(registry, point, target, strangers, utc_now).calibration


def share_named(registry: SqlRegistry, vectors: Vectors, made: Calibration) -> float:
    """FPIR of the policy itself on other strangers."""
    point = replace(
        IN_FORCE,
        match_threshold=Parameter(made.match_threshold, Origin.CALIBRATION),
        min_margin=Parameter(made.min_margin, Origin.CALIBRATION),
    )
    decisions = [point.decide(candidates, GOOD) for candidates in nearest(registry, vectors)]
    return sum(decision.status is Status.IDENTIFIED for decision in decisions) / len(vectors)


@pytest.mark.slow
def test_fpir_on_other_strangers_lies_in_the_interval_told(registry: SqlRegistry) -> None:
    enrol(registry, drawn(60, 3, seed=1))
    vectors = drawn(4000, 1, seed=2)[:, 0]
    made = measured(registry, IN_FORCE, 0.02, strangers_of(registry, vectors[:1000]))
    assert made.fpir.value <= 0.02
    assert made.fpir.low <= share_named(registry, vectors[1000:], made) <= made.fpir.high
    assert (made.workers, made.non_mated_people, made.mated_searches, made.source) == (
        60,
        1000,
        180,
        "strangers",
    )
    assert is_enough(made)
    assert made.fnir is not None
    assert made.fnir.value < 0.3


@pytest.mark.slow
def test_workers_alone_give_about_the_same_threshold(registry: SqlRegistry) -> None:
    enrol(registry, drawn(150, 3, seed=3))
    alone = measured(registry, IN_FORCE, 0.05, None)
    with_strangers = measured(registry, IN_FORCE, 0.05, strangers_of(registry, drawn(2000, 1, seed=4)[:, 0]))
    assert alone.source == "workers"
    assert alone.non_mated_people == 150
    assert alone.match_threshold == pytest.approx(with_strangers.match_threshold, abs=0.04)


def test_a_worker_is_never_searched_for_among_themselves(registry: SqlRegistry) -> None:
    """All photos of a worker are one vector: with themselves in the gallery the distance would be 0."""
    rng = np.random.default_rng(5)
    same = np.repeat(unit(rng.normal(size=(30, 1, DIMENSION)).astype(np.float32)), 2, axis=1)
    enrol(registry, same)
    made = measured(registry, IN_FORCE, 0.01, None)
    assert made.match_threshold > 1
    assert made.fnir.value == 0.0


def test_a_look_alike_is_no_stranger(registry: SqlRegistry) -> None:
    """Twins would be named as each other: a threshold that keeps them apart would miss everybody."""
    vectors = drawn(30, 2, seed=10)
    vectors[1] = unit(vectors[0] + 0.01 * drawn(1, 2, seed=11)[0])
    enrol(registry, vectors)
    apart = measured(registry, IN_FORCE, 0.05, None).match_threshold
    one, other = registry.list_workers()[:2]
    more = NewPhoto("more".rjust(64, "0"), "drawn.png", GOOD, vectors[0, 0], "drawn-1")
    registry.add_photos(one.id, [more], distinct_from=DistinctFrom((other.id,), "user:boss"))
    together = measured(registry, IN_FORCE, 0.05, None).match_threshold
    assert together > apart + 0.1


def test_whoever_may_be_their_look_alike_is_missed(
    registry: SqlRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = drawn(30, 3, seed=10)
    vectors[1] = unit(vectors[0] + 0.5 * drawn(1, 3, seed=11)[0])
    enrol(registry, vectors)
    strangers = strangers_of(registry, drawn(100, 1, seed=12)[:, 0])
    in_force = replace(IN_FORCE, min_margin=Parameter(0.0, Origin.MODEL))

    def missed() -> int:
        made = measured(registry, in_force, 0.1, strangers)
        return round(made.fnir.value * made.mated_searches)

    before = missed()
    one, other = registry.list_workers()[:2]
    monkeypatch.setattr(registry, "distinct_pairs", lambda: ((one.id, other.id),))
    assert missed() > before


def test_strangers_below_the_gate_are_never_named(registry: SqlRegistry) -> None:
    enrol(registry, drawn(30, 2, seed=6))
    _, templates = registry.templates("drawn-1")
    sharp = strangers_of(registry, templates.vectors)
    blurred = [
        replace(
            stranger,
            search=replace(
                stranger.search, face=replace(stranger.search.face, quality=replace(GOOD, sharpness=1.0))
            ),
        )
        for stranger in sharp
    ]
    assert measured(registry, IN_FORCE, 0.01, sharp).match_threshold < 0.7
    assert measured(registry, IN_FORCE, 0.01, blurred).match_threshold == 2.0


def test_a_recheck_counts_up_to_its_reach(registry: SqlRegistry) -> None:
    enrol(registry, drawn(20, 2, seed=6))
    _, templates = registry.templates("drawn-1")
    once = strangers_of(registry, drawn(40, 1, seed=7)[:, 0])
    nearer = [
        replace(stranger, search=replace(stranger.search, recheck=candidates))
        for stranger, candidates in zip(once, nearest(registry, templates.vectors), strict=True)
    ]
    in_force = replace(IN_FORCE, min_margin=Parameter(0.0, Origin.MODEL))
    moved = measured(registry, in_force, 0.1, nearer).match_threshold
    assert moved == pytest.approx(
        measured(registry, in_force, 0.1, once).match_threshold - RECHECK_BAND, abs=1e-6
    )


def test_large_galleries_are_drawn_from_whole_workers() -> None:
    vectors = drawn(40, 3, seed=7)
    ids = np.repeat(np.arange(100, 140), 3)
    own = usecase._own_templates(Templates(ids, vectors.reshape(-1, DIMENSION)), np.unique(ids), most=10)
    workers, counts = np.unique(own.worker_ids, return_counts=True)
    assert len(workers) == 10
    assert set(counts) == {3}


@pytest.mark.parametrize(
    ("workers", "strangers", "sentence"),
    [(0, None, "Nobody is enrolled"), (5, None, "5 workers are too few"), (5, 7, "7 strangers")],
)
def test_nonsense_is_refused(
    registry: SqlRegistry, workers: int, strangers: int | None, sentence: str
) -> None:
    enrol(registry, drawn(workers, 2, seed=8))
    if workers == 0:
        engine = open_in_memory(KEY)
        prepare(engine)
        registry = SqlRegistry(engine)
    searches = None if strangers is None else strangers_of(registry, drawn(strangers, 1, seed=9)[:, 0])
    with pytest.raises(InputError, match=sentence):
        measured(registry, IN_FORCE, 0.01, searches)
