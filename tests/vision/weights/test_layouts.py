from __future__ import annotations

import numpy as np
import pytest

from facevec.errors import ModelCorrupt
from facevec.vision.torchvision_ops import ensure_torchvision_operators
from facevec.vision.weights import layouts


def shapes(network):
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def test_the_embedding_network_is_that_of_facenet_pytorch():
    ensure_torchvision_operators()
    from facenet_pytorch import InceptionResnetV1

    assert layouts.LAYOUTS["inception-resnet-v1"]() == shapes(InceptionResnetV1(classify=False))


def test_the_emotion_network_is_that_of_torchvision():
    ensure_torchvision_operators()
    from torchvision.models import resnet34

    assert layouts.LAYOUTS["resnet34-7"]() == shapes(resnet34(num_classes=7))


def test_the_smaller_emotion_network_loads_its_layout_and_computes_what_timm_computes():
    """The logits are timm's (1.0.31, mobilenetv2_140) for these very weights and this input."""
    import torch

    from facevec.vision.networks.mobilenet import MobileNetV2

    random = np.random.default_rng(7)
    layout = layouts.LAYOUTS["mobilenetv2-140-7"]()
    network = MobileNetV2(7).eval()
    assert shapes(network) == layout
    weights = {name: torch.from_numpy(drawn(random, name, shape)) for name, shape in layout.items()}
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
    layout = layouts.LAYOUTS["resnet34-7"]()
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in layout.items()}


def test_a_fitting_state_passes(state):
    layouts.check(state, "resnet34-7")


def test_a_missing_tensor_is_named(state):
    del state["fc.bias"]
    with pytest.raises(ModelCorrupt, match=r"fc\.bias is missing"):
        layouts.check(state, "resnet34-7")


def test_a_tensor_of_another_shape_is_named(state):
    state["fc.bias"] = np.zeros(8, np.float32)
    with pytest.raises(ModelCorrupt, match=r"fc\.bias has shape \(8,\), not \(7,\)"):
        layouts.check(state, "resnet34-7")


def test_a_tensor_too_many_is_named(state):
    state["logits.weight"] = np.zeros(1, np.float32)
    with pytest.raises(ModelCorrupt, match=r"logits\.weight is not part"):
        layouts.check(state, "resnet34-7")
