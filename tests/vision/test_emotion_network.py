from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from facevec.decision.rates import clopper_pearson
from facevec.types import EMOTIONS, IN_BYTES, Pixels, Precision, Probabilities
from facevec.usecases.emotion_metrics import calibration_error, reliability
from facevec.vision.emotion import NetworkEmotionReader
from facevec.vision.engines.openvino_engine import OpenVinoEngine
from facevec.vision.models.small_residual import EMOTION_SMALL
from facevec.vision.networks.architecture import Weights
from facevec.vision.networks.emotion import EmotionNet

WEIGHTS = Path(__file__).parents[2] / "facevec" / "vision" / "assets" / "emotion-small.safetensors"
SHIPPED_ACCURACY = 0.71
LARGEST_DIFFERENCE, OTHER_TOP, CALIBRATION_LOST = 0.1, 0.01, 0.005


@pytest.fixture(scope="module")
def metadata() -> dict[str, str]:
    with safe_open(WEIGHTS, "pt") as weights:
        return dict(weights.metadata())


@pytest.fixture(scope="module")
def network() -> EmotionNet:
    network = EmotionNet().eval()
    network.load_state_dict({key: value.float() for key, value in load_file(WEIGHTS).items()})
    return network


@torch.inference_mode()
def answers(network: EmotionNet, metadata: dict[str, str], grey: np.ndarray) -> torch.Tensor:
    faces = torch.from_numpy(grey).unsqueeze(1).float() / 255
    faces = (faces - float(metadata["mean"])) / float(metadata["std"])
    return torch.cat([network(chunk) for chunk in faces.split(256)])


def test_the_file_is_at_most_four_megabytes():
    assert WEIGHTS.stat().st_size <= 4_000_000


def test_the_metadata_say_how_to_use_the_weights(metadata):
    assert tuple(metadata["classes"].split(",")) == EMOTIONS
    assert int(metadata["input_size"]) % 8 == 0
    assert 0 < float(metadata["mean"]) < 1
    assert 0 < float(metadata["std"]) < 1
    assert float(metadata["temperature"]) > 0
    assert -0.2 < float(metadata["crop_margin"]) < 1
    assert int(metadata["seed"]) >= 0
    assert float(metadata["public_accuracy"]) >= SHIPPED_ACCURACY


@pytest.mark.parametrize("count", [1, 5])
def test_seven_finite_logits_a_face(network, metadata, count):
    size = int(metadata["input_size"])
    grey = np.random.default_rng(0).integers(0, 256, (count, size, size), dtype=np.uint8)
    logits = answers(network, metadata, grey)
    assert logits.shape == (count, len(EMOTIONS))
    assert logits.dtype == torch.float32
    assert torch.isfinite(logits).all()


def test_a_blank_picture_has_finite_logits(network, metadata):
    size = int(metadata["input_size"])
    assert torch.isfinite(answers(network, metadata, np.zeros((1, size, size), np.uint8))).all()


def test_an_answer_does_not_depend_on_the_batch(network, metadata):
    size = int(metadata["input_size"])
    grey = np.random.default_rng(1).integers(0, 256, (4, size, size), dtype=np.uint8)
    together = answers(network, metadata, grey)
    alone = torch.cat([answers(network, metadata, face[None]) for face in grey])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_a_mirror_image_has_the_same_answer(network, metadata):
    size = int(metadata["input_size"])
    grey = np.random.default_rng(3).integers(0, 256, (3, size, size), dtype=np.uint8)
    mirrored = answers(network, metadata, grey[:, :, ::-1].copy())
    torch.testing.assert_close(answers(network, metadata, grey), mirrored, rtol=1e-4, atol=1e-4)


def test_light_hardly_changes_an_answer(network, metadata):
    size = int(metadata["input_size"])
    grey = np.random.default_rng(2).integers(40, 120, (4, size, size), dtype=np.uint8)
    bright = answers(network, metadata, grey * 2)
    torch.testing.assert_close(answers(network, metadata, grey), bright, rtol=1e-2, atol=1e-2)


@pytest.fixture(scope="module")
def public(data_dir: Path) -> tuple[list[Pixels], npt.NDArray[np.int64]]:
    """The pictures of the public split, and what people said of each."""
    with np.load(data_dir / "fer2013" / "fer2013-public.npz") as split:
        return [np.dstack([grey] * 3) for grey in split["images"]], split["labels"]


def read(engine: OpenVinoEngine, crops: list[Pixels], precision: Precision) -> Probabilities:
    recipe = EMOTION_SMALL.recipe(Weights(EMOTION_SMALL.name, EMOTION_SMALL.sha256, lambda: WEIGHTS))
    return NetworkEmotionReader(engine, recipe, precision).classify(crops)


@pytest.fixture(scope="module")
def plain(openvino: OpenVinoEngine, public) -> Probabilities:
    """As it is run: by PyTorch it takes twice as long."""
    return read(openvino, public[0], "fp32")


def test_accuracy_on_the_public_split(public, plain):
    assert (plain.argmax(1) == public[1]).mean() >= SHIPPED_ACCURACY


def test_in_8_bit_numbers_it_reads_as_well(
    openvino: OpenVinoEngine, public, plain: Probabilities, in_bytes: Precision
):
    """On the public split: probabilities, who is right, and how sure of it, as its card says."""
    assert set(EMOTION_SMALL.precisions) == IN_BYTES
    crops, labels = public
    rounded = read(openvino, crops, in_bytes)
    right, right_rounded = (each.argmax(1) == labels for each in (plain, rounded))
    low, high = clopper_pearson(int(right.sum()), len(labels))
    assert low < right_rounded.mean() < high
    assert 0 < np.abs(rounded - plain).max() < LARGEST_DIFFERENCE
    assert (rounded.argmax(1) != plain.argmax(1)).mean() < OTHER_TOP
    errors = [calibration_error(reliability(each, labels)) for each in (plain, rounded)]
    assert errors[1] < errors[0] + CALIBRATION_LOST
