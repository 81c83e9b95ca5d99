"""Rates by group, and workers who draw strangers."""

from __future__ import annotations

import numpy as np
import pytest

from facevec.decision.rates import Searches
from facevec.decision.uneven import by_group, lambs, worst

STRANGERS = Searches(np.array([0.4, 0.5, 0.9, 0.45, 0.9, 0.9]), np.array([0, 1, 2, 3, 4, 5]))
GROUPS = ["north", "north", "north", "south", "south", None]


def test_the_group_whose_strangers_are_named_most_often_comes_first() -> None:
    workers = Searches(np.array([0.3, 0.8]), np.array([0, 1]))
    groups = by_group(STRANGERS, GROUPS, workers, ["south", "east"], 0.6)
    assert [group.name for group in groups] == ["north", "south", "east"]
    north, south, east = groups
    assert north.fpir is not None
    assert (north.fpir.events, north.fpir.trials) == (2, 3)
    assert north.fpir.low < 2 / 3 < north.fpir.high
    assert north.fnir is None
    assert south.fnir is not None
    assert south.fnir.value == 0
    assert east.fpir is None
    assert worst(groups) == north


def test_there_is_no_worst_group_where_nobody_is_named() -> None:
    assert worst(by_group(STRANGERS, GROUPS, None, (), 0.1)) is None


def test_a_worker_who_draws_several_strangers_is_listed_with_the_threshold_that_ends_it() -> None:
    (lamb,) = lambs(["Ada", "Ada", "Ada", "Bob", None, None], STRANGERS, 0.6)
    assert (lamb.worker, lamb.strangers) == ("Ada", 2)
    assert lamb.threshold == pytest.approx(0.4)
    assert lamb.threshold < 0.4


def test_one_stranger_with_many_photos_makes_no_lamb() -> None:
    same = Searches(np.array([0.4, 0.5]), np.array([7, 7]))
    assert lambs(["Ada", "Ada"], same, 0.6) == ()
