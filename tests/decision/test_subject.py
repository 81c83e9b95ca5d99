"""Which face a photo is about."""

from __future__ import annotations

import pytest

from facevec.decision.subject import most_prominent, subject
from facevec.errors import NoFace, SeveralFaces
from facevec.types import Box, Face, Landmarks
from tests.toy import GOOD


def face(side: float, x: float = 250, y: float = 250) -> Face:
    """A face of `side` pixels with its middle at (x, y)."""
    at = (x, y)
    box = Box(x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    return Face(box, Landmarks(at, at, at, at, at), 0.99, GOOD)


@pytest.mark.parametrize(
    "others",
    [[], [face(60)], [face(80, x=400)], [face(80, x=100), face(80, x=400)]],
    ids=["alone", "much larger", "larger and in the middle", "two behind"],
)
def test_the_subject_of_a_photo_is_the_large_face_in_the_middle(others):
    assert subject([face(100), *others], 500, 500) == 0


@pytest.mark.parametrize(
    "faces",
    [
        [face(100, x=150), face(100, x=350)],
        [face(100), face(90, x=130), face(90, x=370)],
        [face(100, x=60), face(80)],
    ],
    ids=["two friends", "three friends", "the smaller one in the middle"],
)
def test_nobody_is_picked_from_a_group(faces):
    with pytest.raises(SeveralFaces):
        subject(faces, 500, 500)


def test_a_photo_without_a_face_has_no_subject():
    with pytest.raises(NoFace):
        subject([], 500, 500)
    with pytest.raises(NoFace):
        most_prominent([], 500, 500)


def test_of_a_group_the_most_prominent_is_the_large_one_in_the_middle():
    assert most_prominent([face(100, x=60), face(80), face(90, x=440)], 500, 500) == 1
