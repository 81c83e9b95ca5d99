from __future__ import annotations

import numpy as np
import pytest

from facevec.types import Image
from facevec.vision.crop import embedding_crops, square_crops
from facevec.vision.torchvision_ops import ensure_torchvision_operators
from tests.vision.conftest import face_in


@pytest.fixture
def striped() -> Image:
    """Every column has its own colour, so that a crop tells where it came from."""
    columns = np.arange(200, dtype=np.uint8)
    return Image(np.repeat(np.tile(columns, (150, 1))[..., np.newaxis], 3, axis=2))


@pytest.mark.parametrize("box", [(60, 30, 120, 110), (-0.0, 0, 50, 60), (150, 90, 200, 150)])
@pytest.mark.parametrize("margin", [0, 32])
def test_embedding_crops_are_those_of_facenet_pytorch(astronaut, box, margin):
    ensure_torchvision_operators()
    from facenet_pytorch import extract_face

    (ours,) = embedding_crops(astronaut, [face_in(*box)], size=40, margin=margin * 40 // 160)
    theirs = extract_face(astronaut.pixels, box, image_size=40, margin=margin * 40 // 160)
    assert np.array_equal(ours, theirs.numpy().transpose(1, 2, 0).astype(np.uint8))


def test_the_margin_is_half_on_each_side(striped):
    (crop,) = embedding_crops(striped, [face_in(64, 40, 128, 104)], size=160, margin=32)
    assert crop[80, 0, 0] == pytest.approx(56, abs=1)
    assert crop[80, -1, 0] == pytest.approx(136, abs=1)


@pytest.mark.parametrize(
    "box", [(0, 0, 30, 40), (170, 110, 200, 150), (0, 0, 200, 150), (199, 149, 200, 150), (90, 0, 91, 150)]
)
def test_faces_at_the_border_are_never_dropped(striped, box):
    faces = [face_in(*box), face_in(60, 40, 100, 90)]
    assert embedding_crops(striped, faces, size=160, margin=32).shape == (2, 160, 160, 3)
    assert square_crops(striped, faces, size=48, margin=0.1).shape == (2, 48, 48, 3)


def test_a_square_crop_keeps_proportions(striped):
    (crop,) = square_crops(striped, [face_in(90, 20, 110, 120)], size=100, margin=0)
    assert crop[50, 0, 0] == pytest.approx(50, abs=1)
    assert crop[50, -1, 0] == pytest.approx(149, abs=1)


def test_beyond_the_border_a_square_crop_repeats_it(striped):
    (crop,) = square_crops(striped, [face_in(0, 25, 20, 125)], size=100, margin=0)
    assert (crop[:, :39] == 0).all()
    assert crop[50, -1, 0] == pytest.approx(59, abs=1)


def test_shrinking_averages_what_it_drops():
    checks = np.indices((480, 480)).sum(axis=0) % 2 * 255
    image = Image(np.repeat(checks[..., np.newaxis], 3, axis=2).astype(np.uint8))
    (crop,) = square_crops(image, [face_in(0, 0, 480, 480)], size=48, margin=0)
    assert np.abs(crop.astype(int) - 127).max() <= 1
