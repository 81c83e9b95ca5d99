"""Two models beside each other: what is counted is what a search of everybody gives, in little memory."""

from __future__ import annotations

import tracemalloc
from datetime import datetime, timezone
from typing import cast

import numpy as np
import pytest

from facevec.decision import cohort
from facevec.decision.point import OperatingPoint
from facevec.decision.resolve import MatchOverrides, operating_point
from facevec.decision.vectors import unit
from facevec.ports import ChangeSource
from facevec.types import (
    Model,
    ModelChange,
    Page,
    Position,
    QualityGate,
    RegistryState,
    Templates,
    Terms,
    Vectors,
)
from facevec.usecases.migrate import compare as comparing
from facevec.usecases.migrate.compare import compare
from tests.toy import SCALE

BEFORE, AFTER = Model("before", "before-1"), Model("after", "after-1")
CHANGE = ModelChange(BEFORE, AFTER, datetime(2026, 1, 1, tzinfo=timezone.utc), None)
DIMENSION = 32
NOWHERE = Position("drawn", 0, 0, "")
A_PAGE = 100


class Drawn:
    """A registry that draws each page anew: of each worker some photos, of which one model has not all."""

    def __init__(self, workers: int, spread: float) -> None:
        self.workers, self._spread = workers, spread

    def state(self) -> RegistryState:
        return RegistryState(NOWHERE, BEFORE.name, BEFORE.contract)

    def next_page(self, contract: str, after_id: int, since: Position) -> Page:
        worker_ids = np.arange(after_id + 1, min(after_id + A_PAGE, self.workers) + 1)
        return Page(NOWHERE, worker_ids, self.templates(contract, worker_ids), Terms.of([]))

    def templates(self, contract: str, worker_ids) -> Templates:
        photos = 1 + worker_ids % 3
        numbers = np.random.default_rng([int(worker_ids[0]) if len(worker_ids) else 0, len(contract)])
        centres = np.repeat(numbers.normal(size=(len(worker_ids), DIMENSION)), photos, axis=0)
        vectors = unit((centres + self._spread * numbers.normal(size=centres.shape)).astype(np.float32))
        repeated = np.repeat(worker_ids, photos)
        ids = 10_000_000 - 4 * repeated + np.arange(len(repeated)) - np.repeat(
            np.cumsum(photos) - photos, photos
        )  # fmt: skip
        here = ids % 7 != (0 if contract == BEFORE.contract else 1)
        return Templates(repeated[here], vectors[here], ids[here])

    def as_port(self) -> ChangeSource:
        return cast(ChangeSource, self)


def point_of(_: Model) -> OperatingPoint:
    gate = QualityGate(0, 0, 0, 255, 0, np.inf)
    return operating_point(MatchOverrides(gate, match_threshold=0.9, min_margin=0.02), None, SCALE)


def searched_exhaustively(
    drawn: Drawn, contract: str
) -> tuple[dict[int, tuple[int | None, int | None]], dict[int, int]]:
    """({photo: (whom it names as its worker's, as a stranger's)}, {photo: worker})."""
    parts = [
        drawn.templates(contract, np.arange(start, min(start + A_PAGE - 1, drawn.workers) + 1))
        for start in range(1, drawn.workers + 1, A_PAGE)
    ]
    by_photo = {
        int(photo): (int(worker), vector)
        for part in parts
        for worker, photo, vector in zip(part.worker_ids, part.photo_ids, part.vectors, strict=True)
    }
    both = sorted(photo for photo in by_photo if photo % 7 not in (0, 1))
    photos: dict[int, list[int]] = {}
    for photo in both:
        photos.setdefault(by_photo[photo][0], []).append(photo)

    def named(vector: Vectors, without: int, *, enrolled: bool) -> int | None:
        distances = {}
        for worker, theirs in photos.items():
            others = [by_photo[each][1] for each in theirs if each != without]
            if others and (enrolled or without not in theirs):
                distances[worker] = float(np.linalg.norm(vector - unit(np.sum(others, axis=0))))
        ranked = sorted(distances.items(), key=lambda item: item[1])
        point = point_of(BEFORE).for_gallery(len(photos))
        near = np.array([[each for _, each in ranked[: cohort.SEARCH_DEPTH]]])
        judged = cohort.normalized(near, point.cohort)[0]
        is_named = judged <= point.match_threshold.value and near[0, 1] - near[0, 0] >= point.min_margin.value
        return ranked[0][0] if is_named else None

    answers = {
        photo: tuple(named(by_photo[photo][1], photo, enrolled=enrolled) for enrolled in (True, False))
        for photo in both
    }
    return answers, {photo: by_photo[photo][0] for photo in both}


def test_what_is_counted_is_what_an_exhaustive_search_gives() -> None:
    drawn = Drawn(110, spread=0.75)
    comparison = compare(drawn.as_port(), CHANGE, point_of)
    assert comparison is not None
    answers = {}
    for contract, trial in ((BEFORE.contract, comparison.before), (AFTER.contract, comparison.after)):
        answers[contract], workers = searched_exhaustively(drawn, contract)
        several = [photo for photo, worker in workers.items() if list(workers.values()).count(worker) > 1]
        missed = sum(answers[contract][photo][0] != workers[photo] for photo in several)
        assert trial.fnir is not None
        assert (trial.fnir.events, trial.fnir.trials) == (missed, len(several))
        assert trial.fpir.events == sum(stranger is not None for _, stranger in answers[contract].values())
        assert 0 < missed < len(several)
    assert comparison.photos == len(workers)
    assert comparison.workers == len({*workers.values()})
    before, after = answers.values()
    assert [(each.photo_id, each.before, each.after) for each in comparison.disagreements] == [
        (photo, before[photo][0], after[photo][0])
        for photo in sorted(several)
        if before[photo][0] != after[photo][0]
    ]


def test_a_gallery_that_does_not_fit_into_memory_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MOST_PHOTOS", 50)
    drawn = Drawn(20_000, spread=0.3)
    vectors = 4 * DIMENSION * 2 * drawn.workers
    tracemalloc.start()
    try:
        comparison = compare(drawn.as_port(), CHANGE, point_of)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert comparison is not None
    assert comparison.photos == 50
    assert comparison.workers > 15_000
    assert peak < vectors / 2
