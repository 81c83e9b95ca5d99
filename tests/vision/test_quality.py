from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from facevec.types import Box, Landmarks
from facevec.vision.quality import measure_quality

LEVEL = Landmarks((40, 50), (80, 50), (60, 70), (45, 90), (75, 90))
BOX = Box(20, 20, 100, 110)


@pytest.fixture
def textured() -> np.ndarray:
    coarse = np.random.default_rng(1).integers(40, 216, (32, 32, 3), dtype=np.uint8)
    return cv2.resize(coarse, (128, 128), interpolation=cv2.INTER_CUBIC)


def test_size_is_the_shorter_side(textured):
    assert measure_quality(textured, BOX, LEVEL).size == 80


def test_blur_lowers_sharpness(textured):
    blurred = [textured, *(cv2.GaussianBlur(textured, (0, 0), sigma) for sigma in (1, 2, 4))]
    values = [measure_quality(picture, BOX, LEVEL).sharpness for picture in blurred]
    assert all(later < 0.7 * earlier for earlier, later in pairwise(values))


def test_darkening_lowers_brightness_and_contrast(textured):
    shades = [measure_quality((textured * factor).astype(np.uint8), BOX, LEVEL) for factor in (1, 0.6, 0.2)]
    assert shades[0].brightness > shades[1].brightness > shades[2].brightness
    assert shades[0].contrast > shades[1].contrast > shades[2].contrast


def test_a_plain_patch_has_known_values():
    plain = measure_quality(np.full((128, 128, 3), 77, np.uint8), BOX, LEVEL)
    assert (plain.sharpness, plain.brightness, plain.contrast) == (0, 77, 0)


def test_a_centred_nose_is_frontal_and_a_shifted_one_is_not(textured):
    assert measure_quality(textured, BOX, LEVEL).yaw == 0
    for nose_x in (40, 80):
        turned = Landmarks((40, 50), (80, 50), (nose_x, 70), (45, 90), (75, 90))
        assert measure_quality(textured, BOX, turned).yaw == pytest.approx(0.5)


def test_roll_is_the_slope_of_the_eyes_and_does_not_look_like_yaw(textured):
    angle = np.radians(30)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (np.array(LEVEL.points()) - 60) @ turn.T + 60
    tilted = measure_quality(textured, BOX, Landmarks(*(tuple(point) for point in points)))
    assert tilted.roll == pytest.approx(30)
    assert tilted.yaw == pytest.approx(0, abs=1e-6)


def test_eyes_in_one_point_and_a_sliver_of_a_box_are_survived(textured):
    point = Landmarks((5, 5), (5, 5), (5, 5), (5, 5), (5, 5))
    quality = measure_quality(textured, Box(126.5, 0, 128, 128), point)
    assert np.isfinite([quality.sharpness, quality.yaw, quality.roll]).all()
