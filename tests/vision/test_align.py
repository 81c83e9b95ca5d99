from __future__ import annotations

import cv2
import numpy as np
import pytest

from facevec.types import Box, Face, Image, Landmarks
from facevec.vision.align import aligned_crops, similarity
from tests.vision.conftest import QUALITY

PLACES = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))
SIZE = 100


@pytest.fixture(scope="module")
def smooth() -> Image:
    """A picture whose colours tell where they are: red grows to the right, green downwards."""
    down, across = np.mgrid[0:200, 0:240].astype(np.uint8)
    return Image(np.dstack([across, down, np.full_like(down, 90)]))


def face_at(points) -> Face:
    x, y = np.transpose(points)
    box = Box(float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    return Face(box, Landmarks(*[(float(a), float(b)) for a, b in points]), 1.0, QUALITY)


def placed(scale: float, degrees: float, x: float, y: float) -> Face:
    """A face that is `PLACES` turned by `degrees`, `scale` pixels wide, its middle at (x, y)."""
    turn = np.exp(1j * np.radians(degrees)) * scale
    points = [turn * complex(a - 0.5, b - 0.5) + complex(x, y) for a, b in PLACES]
    return face_at([(point.real, point.imag) for point in points])


@pytest.mark.parametrize("degrees", [0, 20, -35, 90, 180])
@pytest.mark.parametrize("scale", [40, 100, 160])
def test_the_crop_shows_what_lies_between_the_landmarks_whatever_their_turn_and_size(smooth, degrees, scale):
    (crop,) = aligned_crops(smooth, [placed(scale, degrees, 120, 100)], PLACES, size=SIZE, margin=0)
    turn = np.exp(1j * np.radians(degrees)) * scale / SIZE
    for x, y in ((50, 50), (30, 40), (65, 80)):
        seen = turn * complex(x + 0.5 - SIZE / 2, y + 0.5 - SIZE / 2) + complex(120, 100)
        expected = (seen.real - 0.5, seen.imag - 0.5, 90)
        assert np.abs(crop[y, x].astype(float) - expected).max() <= 1.5


def test_a_margin_shows_more_and_one_below_zero_less(smooth):
    face = placed(100, 0, 120, 100)
    crops = [aligned_crops(smooth, [face], PLACES, size=SIZE, margin=m)[0] for m in (-20, 0, 20)]
    widths = [int(crop[50, -1, 0]) - int(crop[50, 0, 0]) for crop in crops]
    assert np.allclose(widths, [99 / 1.2, 99, 99 / 0.8], atol=2)


def test_the_similarity_is_the_best_there_is_and_mirrors_nobody():
    random = np.random.default_rng(5)
    points, targets = (random.normal(size=5) + 1j * random.normal(size=5) for _ in range(2))
    turn, shift = similarity(points * 100, targets)

    def error(turn, shift):
        return float((np.abs(turn * points * 100 + shift - targets) ** 2).sum())

    best = error(turn, shift)
    nudges = [0.001, -0.001, 0.001j, -0.001j]
    assert all(error(turn + 0.01 * nudge, shift) > best for nudge in nudges)
    assert all(error(turn, shift + nudge) > best for nudge in nudges)


def test_what_shrinks_is_averaged():
    noise = np.random.default_rng(0).integers(0, 2, (900, 900, 1), dtype=np.uint8) * 255
    (crop,) = aligned_crops(
        Image(np.repeat(noise, 3, axis=2)), [placed(800, 10, 450, 450)], PLACES, size=SIZE, margin=0
    )
    assert crop.std() < 30


def test_beyond_the_border_it_is_repeated(smooth):
    (crop,) = aligned_crops(smooth, [placed(100, 0, 0, 100)], PLACES, size=SIZE, margin=0)
    assert crop[50, 10, 0] == crop[50, 40, 0] == 0
    assert crop[50, 90, 0] == pytest.approx(40, abs=1)


@pytest.mark.parametrize(
    "points",
    [
        [(50, 50)] * 5,
        [(-900, -900), (-800, -900), (-850, -850), (-880, -800), (-820, -800)],
        [(1e7, 0), (-1e7, 0), (0, 1e7), (3, 4), (5, 6)],
        [(170, 40), (130, 40), (150, 60), (165, 80), (135, 80)],
    ],
    ids=["one point", "outside", "vast", "mirrored"],
)
def test_landmarks_that_are_no_faces_give_a_crop_all_the_same(smooth, points):
    crops = aligned_crops(smooth, [face_at(points)], PLACES, size=SIZE, margin=0)
    assert crops.shape == (1, SIZE, SIZE, 3)


def test_an_upright_face_of_the_crops_own_size_stays_as_it_is(astronaut):
    face = placed(SIZE, 0, 220, 120)
    (crop,) = aligned_crops(astronaut, [face], PLACES, size=SIZE, margin=0)
    assert np.array_equal(crop, astronaut.pixels[70:170, 170:270])


def test_faces_lie_as_the_model_wants_them(detector, astronaut):
    """A turned portrait gives nearly the crop of the upright one."""
    matrix = cv2.getRotationMatrix2D((220, 120), 25, 1.0)
    turned = Image(np.asarray(cv2.warpAffine(astronaut.pixels, matrix, (512, 512)), np.uint8))
    crops = [
        aligned_crops(image, detector.detect(image)[:1], PLACES, size=SIZE, margin=0)[0].astype(float)
        for image in (astronaut, turned)
    ]
    inner = np.s_[25:85, 25:75]
    assert np.corrcoef(crops[0][inner].ravel(), crops[1][inner].ravel())[0, 1] > 0.95
