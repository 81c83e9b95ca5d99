from __future__ import annotations

import threading

import pytest

from facevec.vision.hands import Hands


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_the_order_of_the_parts(count):
    assert Hands(count).each(lambda part: part * part, range(50)) == [part * part for part in range(50)]


def test_parts_are_worked_on_at_the_same_time():
    together = threading.Barrier(2, timeout=5)
    assert sorted(Hands(2).each(lambda _: together.wait(), "ab")) == [0, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_what_goes_wrong_with_a_part_is_raised_to_who_asked(count):
    hands = Hands(count)
    with pytest.raises(ZeroDivisionError):
        hands.each(lambda part: 1 // part, [2, 1, 0])
    assert hands.each(lambda part: 1 // part, [1]) == [1]
