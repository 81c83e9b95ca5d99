"""Somebody who is enrolled already does not pass for a newcomer, whatever photos they come with."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import numpy as np
import pytest

from facevec.decision.duplicates import NOBODY, distances_to_others
from facevec.decision.point import Origin, Parameter
from facevec.decision.vectors import mean, pairwise_distances
from facevec.types import Cohort, Consent, RefusedAs, Vectors
from facevec.usecases.enrol import EnrolmentDesk, enrol_worker
from tests.toy import Someone, photo
from tests.toy.vision import embedding
from tests.usecases.conftest import ANA, Office

USUAL = Cohort(1.2)
CREW = range(100, 110)


def templates(*people: Someone) -> Vectors:
    return np.stack([embedding(someone) for someone in people])


@pytest.fixture
def desk(office: Office) -> EnrolmentDesk:
    """At which ten people are enrolled, and everybody else is taken for the nearest of them."""
    wide = replace(office.desk.rules, cohort=USUAL, other_person_threshold=Parameter(2.0, Origin.SETTINGS))
    for who in CREW:
        looks = [photo(f"{who}-{look}", Someone(who, look)) for look in range(2)]
        enrol_worker(office.desk, f"W{who}", looks)
    return replace(office.desk, rules=wide)


def near(who: int, look: int) -> Someone:
    """A photo of somebody new who looks like worker `who`."""
    return Someone(ANA, look, like=who, likeness=0.7)


@pytest.mark.parametrize("photos", [1, 3])
def test_a_newcomer_is_judged_as_those_were_on_whom_the_threshold_was_fitted(
    desk: EnrolmentDesk, photos: int
) -> None:
    coming = [near(104, look) for look in range(photos)]
    refused = enrol_worker(desk, "Ana", [photo(f"a{one.look}", one) for one in coming]).refused
    references = np.vstack([mean(templates(Someone(who, 0), Someone(who, 1))) for who in CREW])
    (judged,) = distances_to_others([templates(*coming)], references, [NOBODY], USUAL)
    for one in refused:
        assert isinstance(one, RefusedAs)
        assert desk.registry.worker(one.worker_id).name == "W104"
        assert one.distance == pytest.approx(judged, abs=1e-5)
    assert len(refused) == photos


def test_workers_without_consent_have_neighbours_and_are_neighbours(desk: EnrolmentDesk) -> None:
    def refused() -> RefusedAs:
        (one,) = enrol_worker(desk, "Ana", [photo("a", near(104, 0))]).refused
        assert isinstance(one, RefusedAs)
        return one

    before = refused()
    start = datetime(2020, 1, 1, tzinfo=timezone.utc)
    for worker in desk.registry.list_workers():
        desk.registry.set_consent(worker.id, Consent("v1", start, start.replace(year=2021)))
        after = refused()
        assert (after.worker_id, after.distance) == (before.worker_id, pytest.approx(before.distance))


def test_photos_that_lead_the_mean_away_hide_nobody(office: Office) -> None:
    """Each pair of the three may be one person; their mean is none of the workers'."""
    enrol_worker(office.desk, "Ana", [photo(f"ana{look}", Someone(ANA, look)) for look in range(3)])
    hidden = Someone(ANA, 3)
    away = [Someone(7, look, like=ANA, likeness=0.6) for look in range(2)]
    rules = office.desk.rules
    reference = mean(templates(*(Someone(ANA, look) for look in range(3))))
    vectors = templates(hidden, *away)
    other, same = rules.other_person_threshold.value, rules.same_person_threshold.value
    assert pairwise_distances(mean(vectors), reference)[0, 0] > other
    assert (pairwise_distances(vectors, vectors) <= same).all()
    photos = [photo("hidden", hidden), *(photo(f"away{one.look}", one) for one in away)]
    enrolment = enrol_worker(office.desk, "Somebody", photos)
    assert [refusal.code for refusal in enrolment.refused] == ["enrolled_as_another"] * 3
    assert enrolment.worker is None
