"""A picture that lies on its side is seen, and its faces lie where it was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from facevec.types import TURNS, Box, Face, Image, Landmarks, Turn
from facevec.usecases.see import see
from tests.toy import GOOD, LooksRound, toy_vision

HEIGHT, WIDTH = 60, 100
EYES = {"left": (40, 10), "right": (50, 10)}
MOUTH = (45, 30)


def upright() -> Image:
    """Marked pixels stand for a face: two eyes above a mouth."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for value, (x, y) in zip((50, 100, 200), (EYES["left"], EYES["right"], MOUTH), strict=True):
        pixels[y, x] = value
    return Image(pixels)


class Decoder:
    def __init__(self, image: Image) -> None:
        self._image = image

    def decode(self, _data: bytes) -> Image:
        return self._image


class UprightOnly(LooksRound):
    """Finds the marks where the mouth is below the eyes. calls: how often it looked."""

    threshold = 0.9

    def __init__(self, scores: Sequence[float] = (0.999,)) -> None:
        self.calls = 0
        self._scores = scores

    def detect(self, image: Image) -> tuple[Face, ...]:
        self.calls += 1
        grey = image.pixels[..., 0]
        left, right, mouth = (np.argwhere(grey == value)[0][::-1] + 0.5 for value in (50, 100, 200))
        if not (left[1] == right[1] < mouth[1] and left[0] < right[0]):
            return ()
        points = [tuple(map(float, point)) for point in (left, right, (left + right) / 2, mouth, mouth)]
        box = Box(float(left[0]) - 3, float(left[1]) - 4, float(right[0]) + 5, float(mouth[1]) + 6)
        return tuple(Face(box, Landmarks(*points), score, GOOD) for score in self._scores)


def looking(image: Image, detector: UprightOnly, *, turns: bool = True):
    return replace(toy_vision(), decoder=Decoder(image), detector=detector, turns=turns)


@pytest.mark.parametrize("turn", TURNS)
def test_a_picture_on_its_side_is_turned_and_its_faces_lie_in_it_as_it_was_sent(turn: Turn) -> None:
    sent = turn.undone(upright())
    scene = see(looking(sent, UprightOnly()), b"")
    assert scene.turn is turn
    np.testing.assert_array_equal(scene.image.pixels, upright().pixels)
    np.testing.assert_array_equal(scene.sent().pixels, sent.pixels)
    (face,) = (scene.as_sent(each) for each in scene.faces)
    for value, (x, y) in ((50, face.landmarks.left_eye), (100, face.landmarks.right_eye)):
        assert sent.pixels[int(y), int(x), 0] == value
    x, y = face.landmarks.mouth_left
    assert sent.pixels[int(y), int(x), 0] == 200
    assert face.box.x_min < face.box.x_max <= sent.width
    assert face.box.y_min < face.box.y_max <= sent.height
    assert face.box.area == pytest.approx(scene.faces[0].box.area)
    for x, y in face.landmarks.points():
        assert face.box.x_min < x < face.box.x_max
        assert face.box.y_min < y < face.box.y_max


def test_an_upright_picture_is_looked_at_once() -> None:
    detector = UprightOnly()
    scene = see(looking(upright(), detector), b"")
    assert (scene.turn, detector.calls) == (Turn.NONE, 1)
    assert scene.as_sent(scene.faces[0]) is scene.faces[0]


def test_where_no_turn_shows_a_face_the_picture_stays_as_it_is() -> None:
    sent = upright()
    scene = see(looking(sent, UprightOnly(scores=())), b"")
    assert (scene.faces, scene.turn, scene.sent()) == ((), Turn.NONE, sent)


def test_what_is_seen_only_in_a_turned_picture_must_be_surer() -> None:
    sent = Turn.LEFT.undone(upright())
    assert see(looking(sent, UprightOnly(scores=(0.996,))), b"").faces == ()
    assert len(see(looking(sent, UprightOnly(scores=(0.93, 0.998))), b"").faces) == 2


@pytest.mark.parametrize(
    ("guess", "seen_in", "looks"),
    [(Turn.LEFT, Turn.LEFT, 2), (Turn.RIGHT, Turn.NONE, 2), (Turn.NONE, Turn.NONE, 1)],
)
def test_only_the_turn_that_the_detector_takes_for_likely_is_looked_at(
    guess: Turn, seen_in: Turn, looks: int
) -> None:
    class Guessing(UprightOnly):
        def detect_or_turn(self, image: Image, sure: float) -> tuple[tuple[Face, ...], Turn]:
            return self.detect(image), guess

    detector = Guessing()
    scene = see(looking(Turn.LEFT.undone(upright()), detector), b"")
    assert (scene.turn, len(scene.faces), detector.calls) == (
        seen_in,
        int(seen_in is guess is Turn.LEFT),
        looks,
    )


def test_turning_can_be_switched_off() -> None:
    detector = UprightOnly()
    sent = Turn.LEFT.undone(upright())
    scene = see(looking(sent, detector, turns=False), b"")
    assert (scene.faces, detector.calls) == ((), 1)


class SomethingSideways(UprightOnly):
    """Takes something for a face, with this score, where there is none."""

    def __init__(self, wrong: float, right: float) -> None:
        super().__init__(scores=(right,))
        self._wrong = wrong

    def detect(self, image: Image) -> tuple[Face, ...]:
        wrong = Face(Box(0, 0, 50, 50), Landmarks(*[(1.0, 1.0)] * 5), self._wrong, GOOD)
        return super().detect(image) or (wrong,)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize(
    ("wrong", "right", "is_turned"), [(0.95, 0.9999, True), (0.9989, 0.999, True), (0.95, 0.9979, False)]
)
def test_something_unsure_gives_way_to_a_sure_face_in_another_turn(
    turn: Turn, wrong: float, right: float, is_turned: bool
) -> None:
    sent = turn.undone(upright())
    scene = see(looking(sent, SomethingSideways(wrong, right)), b"")
    assert scene.turn is (turn if is_turned else Turn.NONE)
    assert [face.detection_score for face in scene.faces] == [right if is_turned else wrong]


def test_a_face_that_is_unsure_in_every_turn_stays_as_it_lies() -> None:
    detector = UprightOnly(scores=(0.95,))
    scene = see(looking(upright(), detector), b"")
    assert (scene.turn, len(scene.faces), detector.calls) == (Turn.NONE, 1, 4)


def test_a_sure_face_is_looked_at_once_whatever_else_there_is() -> None:
    detector = UprightOnly(scores=(0.91, 0.999))
    assert (len(see(looking(upright(), detector), b"").faces), detector.calls) == (2, 1)
