from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import ModelCorrupt
from facevec.types import EMOTIONS, Image
from facevec.vision.emotion import NetworkEmotionReader, softmax
from facevec.vision.models.fer_pytorch import FER_RESNET34
from facevec.vision.models.model import EmotionRecipe
from facevec.vision.models.small_residual import EMOTION_SMALL
from facevec.vision.networks.architecture import Weights
from tests.vision.conftest import face_in

pytestmark = pytest.mark.slow

NOTES = {
    "input_size": "48",
    "mean": "0.5",
    "std": "0.3",
    "temperature": "1.5",
    "crop_margin": "0.1",
    "classes": ",".join(EMOTIONS),
}
FACES = [face_in(0, 0, 40, 60), face_in(200, 100, 320, 240), face_in(500, 500, 512, 512)]


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """A network of ours with random weights, in half precision as it ships."""
    import torch
    from safetensors.torch import save_file

    from facevec.vision.networks.emotion import EmotionNet

    torch.manual_seed(0)
    state = EmotionNet().state_dict()
    file = tmp_path_factory.mktemp("own") / "own.safetensors"
    half = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    save_file(half, file, NOTES)
    return file


@pytest.fixture(scope="module")
def fer(tmp_path_factory) -> Path:
    """fer-pytorch's layout with random weights."""
    import torch
    from safetensors.torch import save_file

    from facevec.vision.torchvision_ops import ensure_torchvision_operators

    ensure_torchvision_operators()
    from torchvision.models import resnet34

    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("fer") / "fer.safetensors"
    save_file(resnet34(num_classes=7).state_dict(), file)
    return file


def reader(engine, file: Path) -> NetworkEmotionReader:
    return NetworkEmotionReader(engine, own_recipe(file))


def own_recipe(file: Path) -> EmotionRecipe:
    return EMOTION_SMALL.recipe(Weights("own", "0" * 64, lambda: file))


def test_every_face_gets_seven_probabilities_and_the_engines_agree(openvino, torch_engine, astronaut, own):
    ours = reader(openvino, own).read(astronaut, FACES)
    theirs = reader(torch_engine, own).read(astronaut, FACES)
    assert ours.shape == (len(FACES), len(EMOTIONS))
    assert np.allclose(ours.sum(axis=1), 1)
    assert np.allclose(ours, theirs, atol=1e-4)


def test_fer_pytorch_sees_what_torchvision_would_make_of_the_face(torch_engine, openvino, astronaut, fer):
    """Against the transform written out: square, grey in three channels, 224, ImageNet."""
    import cv2
    import torch

    from facevec.vision.networks.architecture import load_weights
    from facevec.vision.torchvision_ops import ensure_torchvision_operators

    ensure_torchvision_operators()
    from torchvision.models import resnet34
    from torchvision.transforms import functional

    face = face_in(100, 60, 400, 360)
    recipe = FER_RESNET34.recipe(Weights("fer", "0" * 64, lambda: fer))
    probabilities = NetworkEmotionReader(openvino, recipe).read(astronaut, [face])
    crop = cv2.resize(astronaut.pixels[60:360, 100:400], (224, 224), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    tensor = functional.normalize(functional.to_tensor(grey), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.no_grad():
        logits = load_weights(resnet34(num_classes=7), fer)(tensor.unsqueeze(0)).numpy()
    assert np.allclose(probabilities, softmax(logits), atol=1e-4)


def test_temperature_softens(openvino, astronaut, own):
    from dataclasses import replace

    recipe = own_recipe(own)
    warm, sharp = (
        NetworkEmotionReader(openvino, replace(recipe, temperature=temperature))
        .read(astronaut, FACES[:1])
        .max()
        for temperature in (30.0, 0.1)
    )
    assert warm < sharp


def test_no_faces_are_no_emotions(openvino, astronaut, own):
    assert reader(openvino, own).read(astronaut, ()).shape == (0, len(EMOTIONS))


def test_a_batch_reads_as_one_by_one(openvino, own):
    image = Image(np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8))
    faces = [face_in(x, 10, x + 60, 80) for x in range(0, 200, 5)]
    together = reader(openvino, own).read(image, faces)
    apart = [reader(openvino, own).read(image, [face])[0] for face in faces[::8]]
    assert np.allclose(together[::8], apart, atol=1e-4)


@pytest.mark.parametrize("change", [{"classes": "joy,anger"}, {"mean": "dark"}, {"input_size": None}])
def test_a_file_without_its_notes_is_refused(tmp_path, change):
    from safetensors.numpy import save_file

    notes = {key: value for key, value in {**NOTES, **change}.items() if value is not None}
    file = tmp_path / "own.safetensors"
    save_file({"x": np.zeros(1, np.float32)}, file, notes)
    with pytest.raises(ModelCorrupt, match=r"own\.safetensors"):
        own_recipe(file)


def test_what_is_no_safetensors_file_is_refused(tmp_path):
    file = tmp_path / "own.safetensors"
    file.write_bytes(b"not weights")
    with pytest.raises(ModelCorrupt):
        own_recipe(file)


def test_without_emotions_no_emotion_module_is_loaded(models_dir):
    import subprocess

    code = f"""
import sys
from pathlib import Path
from tests.parts import WITHOUT_EMOTIONS, networks
vision = networks(Path({str(models_dir)!r}), WITHOUT_EMOTIONS).vision("casia-webface")
print(vision.emotion, [name for name in sys.modules if "facevec.vision" in name and "emotion" in name])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "None []\n"
