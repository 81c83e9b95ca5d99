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
