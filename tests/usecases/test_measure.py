"""Which distances of a model count, and when those of the workers are measured."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from facevec.decision.vectors import unit
from facevec.errors import InputError
from facevec.ports import utc_now
from facevec.types import Evidence, MeasuredScale, ModelScale, Position, RateTable, RegistryState, Templates
from facevec.usecases.measure import measure
from facevec.usecases.own_workers import LEAST_WORKERS, MOST_WORKERS, crowd_of, measure_own
from facevec.usecases.people import Person
from facevec.usecases.scale import scale_in_force
from tests.registry.test_own_scales import MEASURED
from tests.toy import SCALE, toy_vision

PUBLISHED = replace(SCALE, match=RateTable(((0.01, 0.8),), evidence=Evidence.PUBLISHED), doubt=0.95)


@dataclass
class Own:
    """`ports.OwnScales` in memory."""

    kept: list[MeasuredScale] = field(default_factory=list)

    def add(self, measured: MeasuredScale) -> None:
        self.kept.append(measured)

    def latest(self, contract: str) -> MeasuredScale | None:
        return self.kept[-1] if self.kept and self.kept[-1].contract == contract else None


@dataclass
class Networks:
    """What is known of one model."""

    known: ModelScale = PUBLISHED
    here: MeasuredScale | None = None

    def scale(self, _model: str) -> ModelScale:
        return self.known

    def measured(self, _model: str) -> MeasuredScale | None:
        return self.here


@dataclass
class Workers:
    """`ports.TemplateSource` of drawn templates, two a worker.

    alike: how alike they are. strays: so many are like nobody. twice: somebody is enrolled under two names.
    """

    count: int
    alike: float = 0.0
    strays: int = 0
    twice: bool = False

    def state(self):
        return RegistryState(Position("registry", 0, 1, "digest"), "drawn", "drawn-1")

    def enrolled(self, _contract):
        return 1, self.count, 2 * self.count

    def templates(self, _contract):
        rng = np.random.default_rng(1)
        people = rng.normal(size=(self.count, 24)) + self.alike
        people[: self.strays] -= self.alike
        centres = np.repeat(people, 2, axis=0)
        vectors = unit((centres + 0.3 * rng.normal(size=centres.shape)).astype(np.float32))
        if self.twice:
            vectors[2:4] = vectors[:2]
        return 1, Templates(np.repeat(np.arange(self.count), 2), vectors)

    def distinct_pairs(self):
        return ((3, 8),)


def own(networks: Networks, workers: int, scales: Own) -> MeasuredScale | None:
    return measure_own(Workers(workers), scales, networks, utc_now)


def test_measured_on_a_folder_counts_before_the_catalogue_and_that_before_the_workers() -> None:
    workers, folder = Own([MEASURED]), replace(MEASURED, scale=replace(SCALE, verify=0.5))
    known = Networks(SCALE)
    assert scale_in_force(known, workers, "drawn", "drawn-1") == SCALE
    assert scale_in_force(Networks(SCALE, folder), workers, "drawn", "drawn-1") == folder.scale
    assert scale_in_force(Networks(PUBLISHED, folder), workers, "drawn", "drawn-1") == folder.scale


def test_the_workers_count_before_what_was_only_published() -> None:
    assert scale_in_force(Networks(), Own([MEASURED]), "drawn", "drawn-1") == MEASURED.scale
    assert scale_in_force(Networks(), Own(), "drawn", "drawn-1") == PUBLISHED


def test_what_was_measured_under_another_contract_counts_for_nothing() -> None:
    elsewhere = Networks(PUBLISHED, replace(MEASURED, contract="drawn-2"))
    assert scale_in_force(elsewhere, Own([MEASURED]), "drawn", "drawn-1") == MEASURED.scale
    assert scale_in_force(elsewhere, Own([MEASURED]), "drawn", "drawn-3") == PUBLISHED


def test_workers_are_measured_where_nobody_measured_the_model_and_they_are_enough() -> None:
    scales = Own()
    assert own(Networks(), LEAST_WORKERS, scales) is None  # one of two look-alikes does not count
    measurement = own(Networks(), LEAST_WORKERS + 1, scales)
    assert measurement is not None
    assert scales.kept == [measurement]
    assert measurement.scale.match.evidence is Evidence.OWN_WORKERS
    assert measurement.scale.doubt is None
    assert (measurement.people, measurement.everybody_searched) == (LEAST_WORKERS, True)


def test_they_are_measured_again_once_there_are_clearly_more_or_fewer() -> None:
    scales = Own()
    own(Networks(), 150, scales)
    assert own(Networks(), 155, scales) is None
    assert own(Networks(), 180, scales) is not None
    assert own(Networks(), 120, scales) is not None


def test_those_who_were_removed_are_measured_on_no_longer_however_many_they_were() -> None:
    everybody = replace(MEASURED, people=MOST_WORKERS)
    assert own(Networks(), 150, Own([everybody])) is not None
    assert own(Networks(), 5 * MOST_WORKERS, Own([everybody])) is None


def test_where_somebody_is_enrolled_twice_nothing_is_stored_by_which_nobody_is_named() -> None:
    scales = Own()
    assert measure_own(Workers(110, twice=True), scales, Networks(), utc_now) is None
    assert scales.kept == []


@pytest.mark.parametrize("networks", [Networks(SCALE), Networks(PUBLISHED, replace(MEASURED, scale=SCALE))])
def test_they_are_not_measured_where_something_better_counts(networks: Networks) -> None:
    assert own(networks, 200, Own()) is None


def test_a_look_alike_is_nobodys_stranger() -> None:
    _, templates = Workers(120).templates("drawn-1")
    assert len(crowd_of(templates).people) == 120
    assert len(crowd_of(templates, ((3, 8),)).people) == 119


@pytest.mark.parametrize(
    ("people", "photos", "said"),
    [(49, 2, "49 people with two photos or more"), (60, 2, "60 people are in the folders, too few")],
)
def test_too_few_people_are_refused_before_a_photo_is_looked_at(people: int, photos: int, said: str) -> None:
    def unread(_photo: str) -> bytes:
        raise AssertionError

    few = [Person(f"p{who}", [f"{who}/{photo}" for photo in range(photos)]) for who in range(people)]
    with pytest.raises(InputError, match=said):
        measure(toy_vision(), SCALE, few, [], unread, utc_now)
