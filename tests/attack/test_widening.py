"""Whoever may enrol widens the distances that are measured on the workers no further than was known."""

from __future__ import annotations

from dataclasses import replace

from facevec.decision.scales.scale import measured
from facevec.ports import utc_now
from facevec.types import Evidence, RateTable
from facevec.usecases.own_workers import crowd_of, measure_own
from tests.usecases.test_measure import PUBLISHED, Networks, Own, Workers


def test_faces_like_nobodys_do_not_make_the_distances_wider_than_they_were_held_for_possible() -> None:
    """Among many of them strangers seem to be further away than they are."""
    poisoned = Workers(480, alike=2.0, strays=360)
    known = replace(PUBLISHED, match=RateTable(((0.01, 0.2),), evidence=Evidence.PUBLISHED), doubt=0.3)
    as_measured = measured(crowd_of(poisoned.templates("drawn-1")[1]), known, Evidence.OWN_WORKERS).scale
    assert min(as_measured.match.distance(0.3), as_measured.verify) > known.doubt
    stored = measure_own(poisoned, Own(), Networks(known), utc_now)
    assert stored is not None
    assert max(stored.scale.match.distance(0.3), stored.scale.verify) <= known.doubt
