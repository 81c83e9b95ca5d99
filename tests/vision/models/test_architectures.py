from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from facevec.errors import ModelCorrupt
from facevec.vision.models.fer_pytorch import FER_MOBILENETV2, FER_RESNET34
from facevec.vision.networks.inception import INCEPTION_RESNET_V1
from facevec.vision.weights.catalogue import KNOWN

RESNET34, MOBILENETV2 = FER_RESNET34.architecture, FER_MOBILENETV2.architecture


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "tensors", "digest"),
    [
        (INCEPTION_RESNET_V1, 714, "96a224d0c7b68fdbdad103dbd239346dc1d6f0662445c3c0cffce5c51e07ec21"),
        (RESNET34, 218, "6072f094cc517949cc49d2a1f89a827db7a2e5d492ee65a78a62c910bac63431"),
        (MOBILENETV2, 314, "85a851948084ad77b2e0acd5b5fe6c5f40db574eff3a8b74f17a38e4f17fdccb"),
    ],
)
def test_the_tensors_are_those_of_published_checkpoints(architecture, tensors, digest):
    """facenet-pytorch's, torchvision's and timm's names and shapes, whatever release is installed."""
    shapes = architecture.shapes()
    assert len(shapes) == tensors
    assert hashlib.sha256(json.dumps(sorted(shapes.items())).encode()).hexdigest() == digest


@pytest.mark.parametrize("model", KNOWN.values(), ids=lambda model: model.name)
def test_shapes_are_those_of_the_layers_and_take_no_memory(model):
    layers = model.architecture.layers().state_dict()
    assert model.architecture.shapes() == {name: tuple(tensor.shape) for name, tensor in layers.items()}
    assert all(tensor.device.type == "cpu" for tensor in layers.values())


def test_the_smaller_emotion_network_loads_its_layout_and_computes_what_timm_computes():
    """The logits are timm's (1.0.31, mobilenetv2_140) for these very weights and this input."""
    import torch

    from facevec.vision.networks.mobilenet import MobileNetV2

    random = np.random.default_rng(7)
    network = MobileNetV2(7).eval()
    weights = {
        name: torch.from_numpy(drawn(random, name, shape)) for name, shape in MOBILENETV2.shapes().items()
    }
    network.load_state_dict(weights, strict=True)
    faces = torch.from_numpy(random.normal(size=(2, 3, 224, 224)).astype(np.float32))
    with torch.no_grad():
        logits = network(faces).numpy()
    timms = [
        [0.7197289, -0.71985304, 0.31343937, 0.28712976, 2.7972512, -4.0480833, 0.539744],
        [0.71915215, -0.72014487, 0.3151549, 0.28608304, 2.7944386, -4.0473185, 0.5420017],
    ]
    np.testing.assert_allclose(logits, timms, atol=2e-4)


def drawn(random, name, shape):
    """A tensor in the range of its kind."""
    if name.endswith("num_batches_tracked"):
        return np.array(1)
    if name.endswith("running_var"):
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    if "bn" in name and name.endswith(".weight"):
        return random.uniform(0.8, 1.2, shape).astype(np.float32)
    return (random.normal(size=shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype(np.float32)


@pytest.fixture
def state():
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in RESNET34.shapes().items()}


def test_a_fitting_state_passes(state):
    RESNET34.check(state)


def test_a_missing_tensor_is_named(state):
    del state["fc.bias"]
    with pytest.raises(ModelCorrupt, match=r"fc\.bias is missing"):
        RESNET34.check(state)


def test_a_tensor_of_another_shape_is_named(state):
    state["fc.bias"] = np.zeros(8, np.float32)
    with pytest.raises(ModelCorrupt, match=r"fc\.bias has shape \(8,\), not \(7,\)"):
        RESNET34.check(state)


def test_a_tensor_too_many_is_named(state):
    state["logits.weight"] = np.zeros(1, np.float32)
    with pytest.raises(ModelCorrupt, match=r"logits\.weight is not part"):
        RESNET34.check(state)
