from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import pytest

from facevec.types import Box, Image
from facevec.usecases.see import see
from facevec.vision.mtcnn import pyramid
from facevec.vision.suppression import suppress, suppress_nested
from facevec.vision.torchvision_ops import ensure_torchvision_operators
from tests import parts


@pytest.fixture(scope="session")
def reference():
    """facenet-pytorch's own detector; only its suppression is replaced where torchvision has none."""
    ensure_torchvision_operators()
    import torch
    from facenet_pytorch import MTCNN
    from facenet_pytorch.models.utils import detect_face

    def batched_nms(boxes, scores, _image, limit):
        return torch.as_tensor(suppress(boxes.numpy(), scores.numpy(), limit))

    original = detect_face.batched_nms
    detect_face.batched_nms = batched_nms
    yield MTCNN(keep_all=True)
    detect_face.batched_nms = original


def overlap(box: Box, other: np.ndarray) -> float:
    width = min(box.x_max, other[2]) - max(box.x_min, other[0])
    height = min(box.y_max, other[3]) - max(box.y_min, other[1])
    common = max(width, 0) * max(height, 0)
    return common / (box.area + (other[2] - other[0]) * (other[3] - other[1]) - common)


def assert_same_faces(detector, reference, image: Image) -> int:
    boxes, scores, points = reference.detect(image.pixels, landmarks=True)
    rows = [] if boxes is None else [row for row in zip(boxes, scores, points, strict=True) if row[1] >= 0.9]
    faces = detector.detect(image)
    assert len(faces) == len(rows)
    for box, score, marks in rows:
        inside = np.clip(box, 0, [image.width, image.height] * 2)
        face = max(faces, key=lambda face: overlap(face.box, inside))
        assert overlap(face.box, inside) > 0.999
        assert face.detection_score == pytest.approx(score, abs=1e-3)
        off = np.linalg.norm(np.asarray(face.landmarks.points()) - np.asarray(marks, np.float64), axis=1)
        assert off.max() < 0.02 * min(face.box.width, face.box.height)
    return len(faces)


def test_public_portraits_are_found_as_the_reference_finds_them(detector, reference, astronaut, pair):
    assert assert_same_faces(detector, reference, astronaut) == 1
    assert assert_same_faces(detector, reference, pair) == 2


def test_threads_that_share_a_picture_find_what_one_finds(openvino, detector, pair):
    for face, same in zip(detector.detect(pair), parts.detector(openvino, hands=3).detect(pair), strict=True):
        assert astuple(face.box) == pytest.approx(astuple(same.box), abs=1e-3)
        assert np.allclose(face.landmarks.points(), same.landmarks.points(), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "count"), [("crowd_2007_007763.jpg", 7), ("multiface.jpg", 6), ("no_face_dogs.jpg", 0)]
)
def test_real_photos_are_read_as_the_reference_reads_them(detector, reference, data_dir: Path, name, count):
    image = parts.decoder().decode((data_dir / "photos" / name).read_bytes())
    assert assert_same_faces(detector, reference, image) == count


def test_photos_of_lfw_are_read_as_the_reference_reads_them(detector, reference, data_dir: Path):
    """A sample; all that is held to the reference is in `benchmarks.parity`."""
    photos = sorted((data_dir / "lfw-dev").rglob("*.jpg"))[:: 3_126 // 8]
    images = [parts.decoder().decode(path.read_bytes()) for path in photos]
    assert sum(assert_same_faces(detector, reference, image) for image in images) >= len(photos)


def test_of_nested_boxes_with_equal_scores_the_last_stays_as_in_the_reference(reference):
    from facenet_pytorch.models.utils.detect_face import nms_numpy

    boxes = np.array([[0, 0, 50, 50], [5, 5, 45, 45], [2, 2, 52, 52], [200, 0, 240, 40]], np.float32)
    scores = np.array([1.0, 1.0, 1.0, 0.9], np.float32)
    assert suppress_nested(boxes, scores, 0.7).tolist() == [2, 3]
    assert nms_numpy(boxes, scores, 0.7, "Min").tolist() == [2, 3]


def test_the_engines_find_the_same(detector, torch_engine, pair):
    others = parts.detector(torch_engine).detect(pair)
    for ours, theirs in zip(detector.detect(pair), others, strict=True):
        assert np.allclose(ours.landmarks.points(), theirs.landmarks.points(), atol=0.05)
        assert ours.detection_score == pytest.approx(theirs.detection_score, abs=1e-4)


def test_faces_come_largest_first_and_the_same_every_time(detector, pair):
    faces = detector.detect(pair)
    assert [face.box.area for face in faces] == sorted((face.box.area for face in faces), reverse=True)
    assert faces == detector.detect(pair)


def test_left_and_right_are_the_viewers(detector, astronaut):
    marks = detector.detect(astronaut)[0].landmarks
    assert marks.left_eye[0] < marks.nose[0] < marks.right_eye[0]
    assert marks.mouth_left[0] < marks.mouth_right[0]
    assert marks.left_eye[1] < marks.nose[1] < marks.mouth_left[1]


def test_a_face_at_the_border_stays_inside(detector, astronaut):
    face = detector.detect(astronaut)[0].box
    middle = int((face.y_min + face.y_max) / 2)
    cut = Image(np.ascontiguousarray(astronaut.pixels[middle - 40 :, int(face.x_min + 15) :]))
    faces = detector.detect(cut)
    assert faces
    for each in faces:
        assert 0 <= each.box.x_min < each.box.x_max <= cut.width
        assert 0 <= each.box.y_min < each.box.y_max <= cut.height


def test_a_large_picture_is_searched_reduced_and_answered_in_its_own_pixels(openvino, detector, astronaut):
    large = Image(cv2.resize(astronaut.pixels, (2048, 2048), interpolation=cv2.INTER_CUBIC))
    (big,) = parts.detector(openvino, {"vision.max_side": 512}).detect(large)
    (small,) = detector.detect(astronaut)
    expected = np.array([small.box.x_min, small.box.y_min, small.box.x_max, small.box.y_max]) * 4
    assert overlap(big.box, expected) > 0.95
    assert big.quality.size == pytest.approx(4 * small.quality.size, rel=0.05)


def test_the_threshold_decides(openvino, astronaut):
    (face,) = parts.detector(openvino, {"vision.detection_threshold": 0.7}).detect(astronaut)
    above = {"vision.detection_threshold": min(0.9999999, face.detection_score + 1e-6)}
    assert parts.detector(openvino, above).detect(astronaut) == ()


def test_small_faces_are_left_out_on_request(openvino, detector, pair):
    large = max(face.quality.size for face in detector.detect(pair))
    assert parts.detector(openvino, {"vision.min_face": 4 * large}).detect(pair) == ()


def test_the_pyramid_begins_where_the_smallest_faces_fill_a_cell():
    every = list(pyramid(600, 800))
    assert list(pyramid(600, 800, 20)) == every
    assert list(pyramid(600, 800, 28)) == every
    assert list(pyramid(600, 800, 29)) == every[1:]
    assert list(pyramid(600, 800, 1000)) == []


@pytest.mark.parametrize("shape", [(1, 1), (19, 400), (20, 20), (20, 3000), (3000, 20)])
def test_pictures_without_room_for_a_face_are_empty(detector, shape):
    assert detector.detect(Image(np.full((*shape, 3), 128, np.uint8))) == ()


def test_noise_and_blank_pictures_have_no_faces(detector):
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert detector.detect(Image(noise)) == ()
    assert detector.detect(Image(np.zeros((4000, 6000, 3), np.uint8))) == ()


def test_threads_may_share_a_detector(detector, astronaut, pair):
    pictures = [astronaut, pair, Image(astronaut.pixels[:400, :450].copy())] * 4
    expected = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(detector.detect, pictures)) == expected


@pytest.mark.parametrize("quarters", [1, 2])  # by three the detector sees something in it as it lies
def test_a_portrait_that_lies_on_its_side_is_recognized_as_it_would_be_upright(
    models_dir: Path, astronaut: Image, quarters: int
) -> None:
    vision = parts.networks(models_dir, parts.WITHOUT_EMOTIONS).vision("casia-webface")
    upright = see(vision, _png(astronaut.pixels))
    turned = see(vision, _png(np.rot90(astronaut.pixels, quarters)))
    assert turned.turn.value == 90 * quarters
    first, second = (vision.embedder.embed(scene.image, [scene.subject()]) for scene in (upright, turned))
    assert np.linalg.norm(first - second) < 0.05
    box = turned.as_sent(turned.subject()).box
    back = np.zeros(astronaut.pixels.shape[:2])
    sent = np.rot90(back, quarters).copy()
    sent[int(box.y_min) : int(box.y_max), int(box.x_min) : int(box.x_max)] = 1
    rows, columns = np.nonzero(np.rot90(sent, -quarters))
    expected = upright.subject().box
    assert columns.min() == pytest.approx(expected.x_min, abs=2)
    assert rows.max() == pytest.approx(expected.y_max, abs=2)


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", np.ascontiguousarray(pixels[:, :, ::-1]))[1].tobytes()
