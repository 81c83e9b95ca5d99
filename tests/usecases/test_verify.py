from __future__ import annotations

from dataclasses import replace

import pytest

from facevec.config import Settings
from facevec.types import Verification
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.verify import verify_pictures, verify_worker
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import DISTANCES, Office

ANA, STRANGER = 1, 3
CLEAR = Someone(ANA, 1)
HARD = Someone(ANA, 9, unlike=0.9)
"""Further from `CLEAR` than the match threshold, not than the verify threshold."""


def pictures(office: Office, first: Someone, second: Someone, **match: float) -> Verification:
    thresholds = Settings.model_validate({"match": match}).thresholds(DISTANCES)
    return verify_pictures(office.desk.vision, thresholds, picture(first), picture(second))


def test_a_pair_between_the_match_and_the_verify_threshold_is_one_person(office: Office) -> None:
    found = pictures(office, CLEAR, HARD)
    assert DISTANCES.match < found.distance < DISTANCES.verify
    assert (found.same, found.threshold) == (True, DISTANCES.verify)
    assert not pictures(office, CLEAR, Someone(STRANGER)).same


def test_more_than_a_glimpse_is_compared(office: Office) -> None:
    glimpsed, seen = Someone(ANA, 9, glimpse=2), Someone(ANA, 9)
    assert pictures(office, CLEAR, glimpsed) == pictures(office, CLEAR, seen)


def test_a_worker_is_compared_by_the_verify_threshold(office: Office) -> None:
    desk = office.desk
    ana = enrol_worker(desk, "Ana", [photo("a", CLEAR)]).worker
    found = verify_worker(desk.vision, desk.registry, office.thresholds, picture(HARD), ana.id)
    assert DISTANCES.match < found.distance < DISTANCES.verify
    assert (found.same, found.threshold) == (True, DISTANCES.verify)
    tight = replace(office.thresholds, verify_threshold=found.distance - 0.01)
    assert not verify_worker(desk.vision, desk.registry, tight, picture(HARD), ana.id).same


def test_a_verify_threshold_that_is_set_decides(office: Office) -> None:
    found = pictures(office, CLEAR, HARD, verify_threshold=0.5)
    assert (found.same, found.threshold) == (False, 0.5)


@pytest.mark.parametrize("threshold", [0.1, 1.9])
def test_a_match_threshold_that_is_set_does_not_move_it(office: Office, threshold: float) -> None:
    assert pictures(office, CLEAR, HARD, threshold=threshold) == pictures(office, CLEAR, HARD)
