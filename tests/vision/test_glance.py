"""Which turn of a picture shows somebody is known without looking at the turns."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facevec.types import TURNS, Image, Turn
from facevec.usecases.see import SURE
from facevec.vision.glance import PROMINENT, as_it_lies
from facevec.vision.mtcnn import moved
from facevec.vision.networks.mtcnn import CELL
from tests import parts
from tests.drawn import portrait
from tests.portraits import DISTINCT

NEVER_SURE = 1.1


@pytest.mark.parametrize("turn", TURNS)
def test_the_turn_that_shows_somebody_is_known_from_the_picture_as_it_lies(
    detector, astronaut: Image, pair: Image, turn: Turn
) -> None:
    for image in (astronaut, pair):
        sent = turn.undone(image)
        faces, guess = detector.detect_or_turn(sent, NEVER_SURE)
        assert (faces, guess) == (detector.detect(sent), turn)


@pytest.mark.parametrize("turn", TURNS)
def test_the_turn_that_shows_somebody_is_known_without_colours(detector, turn: Turn) -> None:
    data = np.frombuffer(portrait(DISTINCT[5], 0), np.uint8)
    grey = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), cv2.COLOR_GRAY2RGB)
    sent = turn.undone(Image(np.asarray(grey, np.uint8)))
    assert detector.detect_or_turn(sent, SURE)[1] is turn


def test_hands_that_share_the_turns_guess_as_one_does(openvino, detector, astronaut: Image) -> None:
    sent = Turn.LEFT.undone(astronaut)
    assert parts.detector(openvino, hands=2).detect_or_turn(sent, SURE)[1] is Turn.LEFT


def test_a_picture_that_shows_somebody_for_sure_lies_as_it_should(
    detector, astronaut: Image, monkeypatch
) -> None:
    monkeypatch.setattr(detector._glance, "turn", lambda _: pytest.fail("nobody should glance"))
    faces, guess = detector.detect_or_turn(astronaut, SURE)
    assert (faces, guess) == (detector.detect(astronaut), Turn.NONE)


def test_an_upright_face_is_in_no_other_turn(detector, astronaut: Image) -> None:
    assert detector.detect_or_turn(astronaut, NEVER_SURE)[1] is Turn.NONE


def test_a_face_that_is_a_speck_in_the_picture_turns_nothing(detector, astronaut: Image) -> None:
    (face,) = detector.detect(astronaut)
    share = max(face.box.width, face.box.height) / astronaut.width
    for least, turn in ((2.0, Turn.RIGHT), (0.5, Turn.NONE)):
        side = round(astronaut.width * least * PROMINENT / share)
        canvas = np.full((900, 900, 3), 128, np.uint8)
        size = round(side * 900 / astronaut.width)
        canvas[:size, :size] = cv2.resize(astronaut.pixels, (size, size), interpolation=cv2.INTER_AREA)
        sent = Turn.RIGHT.undone(Image(canvas))
        assert detector.detect(Turn.RIGHT.applied(sent))
        assert detector.detect_or_turn(sent, SURE)[1] is turn


@pytest.mark.parametrize("shape", [(20, 20), (20, 3000), (240, 320)])
def test_where_nothing_is_no_turn_is_likely(detector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert detector.detect_or_turn(Image(noise), SURE) == ((), Turn.NONE)


def test_cells_side_by_side_are_judged_as_each_alone(detector) -> None:
    cells = np.random.default_rng(2).uniform(0, 255, (7, CELL, CELL, 4)).astype(np.float32)
    glance = detector._glance
    alone = [glance._pnet.run(cell[np.newaxis])[0].reshape(-1)[0] for cell in cells]
    assert glance._odds(cells) == pytest.approx(alone, abs=1e-3)
    assert np.ptp(alone) > 0.1


@pytest.mark.parametrize("turn", TURNS)
def test_edges_that_are_moved_in_a_turn_are_the_same_edges_as_the_picture_lies(turn: Turn) -> None:
    rng = np.random.default_rng(1)
    corners, shifts = rng.uniform(50, 100, (8, 2)), rng.uniform(-0.2, 0.2, (8, 4))
    boxes = np.concatenate([corners, corners + rng.uniform(20, 60, (8, 1))], axis=1).astype(np.float32)
    shifts = shifts.astype(np.float32)
    as_turned = moved(_turned(boxes, turn), shifts)
    assert np.allclose(as_turned, _turned(moved(boxes, as_it_lies(shifts, turn)), turn), atol=1e-3)


def _turned(boxes: np.ndarray, turn: Turn, side: float = 200) -> np.ndarray:
    """The same boxes in a square picture of that side that is turned clockwise."""
    for _ in range(turn.quarters):
        left, top, right, bottom = boxes.T
        boxes = np.stack([side - bottom, left, side - top, right], axis=1)
    return boxes
