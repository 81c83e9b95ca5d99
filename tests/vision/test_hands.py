from __future__ import annotations

import threading

import pytest

from facevec.config import load
from facevec.networks import installed_networks
from facevec.vision.hands import Hands
from tests.parts import NOWHERE


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_the_order_of_the_parts(count):
    assert Hands(count).each(lambda part: part * part, range(50)) == [part * part for part in range(50)]


def test_parts_are_worked_on_at_the_same_time():
    together = threading.Barrier(2, timeout=60)
    assert sorted(Hands(2).each(lambda _: together.wait(), "ab")) == [0, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_what_goes_wrong_with_a_part_is_raised_to_who_asked(count):
    hands = Hands(count)
    with pytest.raises(ZeroDivisionError):
        hands.each(lambda part: 1 // part, [2, 1, 0])
    assert hands.each(lambda part: 1 // part, [1]) == [1]


@pytest.mark.parametrize(
    ("engine", "threads", "at_once", "hands"),
    [
        ("openvino", 1, 1, 1),
        ("openvino", 2, 1, 2),
        ("openvino", 8, 1, 2),
        ("openvino", 2, 4, 1),
        ("torch", 2, 1, 1),
    ],
)
def test_a_picture_alone_has_two_and_of_many_each_has_one(engine, threads, at_once, hands):
    loaded = load(NOWHERE, {}, {"vision.engine": engine, "vision.threads": threads})
    assert installed_networks(loaded, at_once=at_once)._hands() == hands
