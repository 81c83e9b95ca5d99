from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from facevec.types import Face, Image, Vectors
from facevec.usecases.warm import _FACE
from facevec.vision.models.model import View
from facevec.vision.seen_views import FaceView, SeenViews

FIRST, SECOND, THIRD = (replace(_FACE, detection_score=score) for score in (0.9, 0.95, 1.0))
PROBE, WIDER = View(0), View(8, mirrored=True)


class Network:
    """Says of a view how sure the face was, and its margin."""

    def __init__(self) -> None:
        self.asked: list[Sequence[FaceView]] = []

    def __call__(self, wanted: Sequence[FaceView]) -> Vectors:
        self.asked.append(wanted)
        return np.array([(face.detection_score, view.margin) for face, view in wanted], np.float32)


def picture() -> Image:
    return Image(np.zeros((4, 4, 3), np.uint8))


def rows(*wanted: tuple[Face, View]) -> Vectors:
    return Network()(wanted)


def test_what_was_seen_of_all_is_not_asked_again_for_some_in_whatever_order() -> None:
    network, seen, image = Network(), SeenViews(), picture()
    all_of_them = [(face, PROBE) for face in (FIRST, SECOND, THIRD)]
    assert np.array_equal(seen.of(image, all_of_them, network), rows(*all_of_them))
    some = [(THIRD, WIDER), (THIRD, PROBE), (FIRST, PROBE), (FIRST, WIDER)]
    assert np.array_equal(seen.of(image, some, network), rows(*some))
    assert network.asked[1:] == [[(THIRD, WIDER), (FIRST, WIDER)]]


def test_another_picture_is_asked_about_whatever_it_shows() -> None:
    network, seen, image, other = Network(), SeenViews(), picture(), picture()
    for each in (image, other):
        seen.of(each, [(FIRST, PROBE)], network)
    assert len(network.asked) == 2


def test_what_could_not_be_told_is_asked_again() -> None:
    def broken(_wanted: Sequence[FaceView]) -> Vectors:
        raise MemoryError

    network, seen, image = Network(), SeenViews(), picture()
    with pytest.raises(MemoryError):
        seen.of(image, [(FIRST, PROBE)], broken)
    assert np.array_equal(seen.of(image, [(FIRST, PROBE)], network), rows((FIRST, PROBE)))


def test_nobody_can_change_what_was_seen() -> None:
    network, seen, image = Network(), SeenViews(), picture()
    seen.of(image, [(FIRST, PROBE)], network)[:] = 7
    assert np.array_equal(seen.of(image, [(FIRST, PROBE)], network), rows((FIRST, PROBE)))


def test_threads_that_share_a_picture_are_told_the_same() -> None:
    network, seen, image = Network(), SeenViews(), picture()
    wanted = [(replace(_FACE, detection_score=score / 100), PROBE) for score in range(100)]
    parts = [wanted[start : start + 20] for start in range(0, 100, 5)] * 10
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda part: seen.of(image, part, network), parts)
        for part, answer in zip(parts, answers, strict=True):
            assert np.array_equal(answer, rows(*part))


def test_nothing_is_kept_of_a_picture_that_is_gone() -> None:
    seen, image = SeenViews(), picture()
    seen.of(image, [(FIRST, PROBE)], Network())
    assert len(seen._kept) == 1
    del image
    assert len(seen._kept) == 0
