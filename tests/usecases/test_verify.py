from __future__ import annotations

from dataclasses import replace

import pytest

from facevec.config import Settings
from facevec.decision.point import Origin, Parameter
from facevec.decision.resolve import operating_point
from facevec.types import Verification
from facevec.usecases.enrol import enrol_worker
from facevec.usecases.verify import verify_pictures, verify_worker
from tests.toy import Someone, photo, picture
from tests.usecases.conftest import SCALE, Office

ANA, STRANGER = 1, 3
CLEAR = Someone(ANA, 1)
HARD = Someone(ANA, 9, unlike=0.9)
"""Further from `CLEAR` than the match threshold, not than the verify threshold."""


def pictures(office: Office, first: Someone, second: Someone, **match: float) -> Verification:
    overrides = Settings.model_validate({"match": match}).match_overrides()
    point = operating_point(overrides, None, SCALE)
    return verify_pictures(office.desk.vision, point, picture(first), picture(second))


def test_a_pair_between_the_match_and_the_verify_threshold_is_one_person(office: Office) -> None:
    verification = pictures(office, CLEAR, HARD)
    assert office.point.match_threshold.value < verification.distance < SCALE.verify
    assert (verification.same, verification.threshold) == (True, SCALE.verify)
    assert not pictures(office, CLEAR, Someone(STRANGER)).same


def test_more_than_a_glimpse_is_compared(office: Office) -> None:
    glimpsed, seen = Someone(ANA, 9, glimpse=2), Someone(ANA, 9)
    assert pictures(office, CLEAR, glimpsed) == pictures(office, CLEAR, seen)


def test_a_worker_is_compared_by_the_verify_threshold(office: Office) -> None:
    desk = office.desk
    ana = enrol_worker(desk, "Ana", [photo("a", CLEAR)]).worker
    verification = verify_worker(desk.vision, desk.registry, desk.live, office.point, picture(HARD), ana.id)
    assert office.point.match_threshold.value < verification.distance < SCALE.verify
    assert (verification.same, verification.threshold) == (True, SCALE.verify)
    tight = replace(office.point, verify_threshold=Parameter(verification.distance - 0.01, Origin.SETTINGS))
    assert not verify_worker(desk.vision, desk.registry, desk.live, tight, picture(HARD), ana.id).same


def test_a_verify_threshold_that_is_set_decides(office: Office) -> None:
    verification = pictures(office, CLEAR, HARD, verify_threshold=0.5)
    assert (verification.same, verification.threshold) == (False, 0.5)


@pytest.mark.parametrize("threshold", [0.1, 1.9])
def test_a_match_threshold_that_is_set_does_not_move_it(office: Office, threshold: float) -> None:
    assert pictures(office, CLEAR, HARD, threshold=threshold) == pictures(office, CLEAR, HARD)
