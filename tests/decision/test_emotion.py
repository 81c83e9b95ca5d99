from __future__ import annotations

import numpy as np

from facevec.decision.emotion import emotion
from facevec.types import EMOTIONS

ROW = np.array([0.1, 0.5, 0.1, 0.1, 0.1, 0.05, 0.05])


def test_the_most_likely_emotion_is_named_where_it_is_as_likely_as_the_floor_asks() -> None:
    assert emotion(ROW, 0.5).top == EMOTIONS[1]
    assert emotion(ROW, 0.0).top == EMOTIONS[1]


def test_an_unsure_reading_names_nothing_but_keeps_its_scores() -> None:
    unsure = emotion(ROW, 0.51)
    assert unsure.top is None
    assert list(unsure.scores) == list(EMOTIONS)
    assert list(unsure.scores.values()) == ROW.tolist()
