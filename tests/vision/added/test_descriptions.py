"""What is said of a network that is brought, its name and description, and what it may take while tried."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import FacevecError, FileMissing, FileTooLarge, ModelRefused
from facevec.vision.added import bring as bringing
from facevec.vision.added import files
from facevec.vision.added.description import described, read_description, value_of
from facevec.vision.added.record import AddedModels
from facevec.vision.added.trial import Bounds
from facevec.vision.weights.store import ModelStore
from tests.vision.added.networks import chained, description, integers, node, number, tensor, toy, toy_file


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return toy_file(tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("casia-webface", "one of facevec's own models"),
        ("fer-resnet34", "one of facevec's own models"),
        ("../evil", "made of a to z"),
        ("/tmp/evil", "made of a to z"),
        ("a..b", "made of a to z"),
        (".hidden", "made of a to z"),
        ("Upper", "made of a to z"),
        ("one+two", "made of a to z"),
        ("", "made of a to z"),
        ("x" * 65, "made of a to z"),
        ("auto", "stands for the best model"),
        ("taken", "is here already"),
    ],
)
def test_a_name_that_no_network_may_have_is_refused_before_anything_is_read(
    store: ModelStore, name: str, sentence: str
):
    (store.folder / "added" / "taken").mkdir(parents=True)
    with pytest.raises(ModelRefused, match=sentence):
        store.add(Path("/nonexistent"), name, description())
    assert [path.name for path in store.folder.rglob("*")] == ["added", "taken"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": "128"}, "at size: input should be a valid integer"),
        ({"size": 5}, "at size: input should be greater than or equal to 32"),
        ({"size": 1 << 40}, "at size: input should be less than or equal to 512"),
        ({"size": True}, "at size"),
        ({"length": 7}, "at length: input should be greater than or equal to 16"),
        ({"channels": "YUV"}, "at channels: input should be 'RGB' or 'BGR'"),
        ({"mean": [1.0, 2.0]}, "at mean"),
        ({"scale": 0.0}, "scale may not be 0"),
        ({"scale": float("nan")}, "at scale"),
        ({"crop": "aligned"}, "landmarks belong to crop"),
        ({"landmarks": "arcface-112"}, "landmarks belong to crop"),
        ({"crop": "aligned", "landmarks": "mine"}, "at landmarks"),
        ({"crop": "aligned", "landmarks": [[1.0, 2.0]] * 4}, "at landmarks"),
        ({"crop": "aligned", "landmarks": [[1.0, 900.0]] * 5}, "do not lie in the picture"),
        ({"crop": "aligned", "landmarks": "arcface-112", "margin": 4}, 'margin belongs to crop = "box"'),
        ({"margin": 60}, "half of size"),
        ({"licence": ""}, "at licence"),
        ({"source": "two\nlines"}, "at source: it has to be one line"),
        ({"licence": "MIT \x9b31m"}, "at licence: it has to be one line"),
        ({"output": "txet \u202e"}, "at output: it has to be one line"),
        ({"distances": {"match": 0.8, "doubt": 0.5}}, "doubt may not lie below match"),
        ({"distances": {"match": 3.0}}, "at distances.match"),
        ({"licence": None}, "lacks licence; say it with --licence, or in a TOML"),
        ({"code": "import os"}, "extra inputs are not permitted"),
    ],
)
def test_a_description_that_is_not_right_is_a_sentence(changes: dict[str, object], sentence: str):
    with pytest.raises(ModelRefused, match=sentence) as caught:
        described(description(**changes))
    assert "\n" not in str(caught.value)


def test_landmarks_are_pixels_of_the_input_or_shares_of_its_side():
    pixels = [[16.0, 20.0], [48.0, 20.0], [32.0, 40.0], [20.0, 52.0], [44.0, 52.0]]
    shares = [[x / 64, y / 64] for x, y in pixels]
    points = [described(description(crop="aligned", landmarks=marks)).points() for marks in (pixels, shares)]
    assert points[0] == points[1] == tuple((x, y) for x, y in shares)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"size = = 3", "is not TOML"), (b"\xff\xfe", "is not TOML"), (b"a" * 70_000, "has more than 65.5 kB")],
)
def test_a_description_that_is_no_toml_is_a_sentence(tmp_path: Path, content: bytes, sentence: str):
    (tmp_path / "net.toml").write_bytes(content)
    with pytest.raises(ModelRefused, match=sentence):
        read_description(tmp_path / "net.toml")


def test_a_description_that_is_missing_is_a_sentence(tmp_path: Path):
    with pytest.raises(FileMissing, match=r"description .* cannot be read"):
        read_description(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "128", 128),
        ("mean", "127.5", 127.5),
        ("mean", "[1.0, 2.0, 3.0]", [1.0, 2.0, 3.0]),
        ("channels", "BGR", "BGR"),
        ("output", "683", "683"),
        ("licence", "2.0", "2.0"),
    ],
)
def test_what_is_typed_is_the_fields_value(name: str, text: str, value: object):
    assert value_of(name, text) == value


def test_an_output_that_is_not_there_is_told_what_is(store: ModelStore, network: Path):
    with pytest.raises(ModelRefused, match="no output 'embeddings'; it has vectors"):
        store.add(network, "mine", description(output="embeddings"))


def test_a_file_that_is_too_large_is_refused(
    store: ModelStore, network: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(files.LARGEST, ".onnx", 1000)
    with pytest.raises(FileTooLarge, match="more than 1 kB"):
        store.add(network, "mine", description())


def test_a_file_that_may_not_be_read_is_a_sentence(open_folder: Path, nobody):
    path = open_folder / "net.onnx"
    path.write_bytes(toy())
    path.chmod(0)
    nobody()
    with pytest.raises(FileMissing, match=r"cannot be read: Permission denied"):
        ModelStore(open_folder / "models").add(path, "mine", description())


def greedy(rows: int) -> bytes:
    """Makes `rows` x 128 x 128 numbers of each face, several times over, and leaves the mean."""
    steps = [
        node("Unsqueeze", ["before", "last"], ["column"]),
        node("Expand", ["column", "shape"], ["grown"]),
        node("Mul", ["grown", "grown"], ["squared"]),
        node("Sin", ["squared"], ["waves"]),
        node("ReduceMean", ["waves"], ["vectors"], integers("axes", (2,)), number("keepdims", 0)),
    ]
    shape, last = np.array([1, 128, 128 * rows], np.int64), np.array([2], np.int64)
    return chained(*steps, tensors=(tensor("shape", shape), tensor("last", last)))


@pytest.mark.skipif(os.name == "nt", reason="Windows bounds no process so")
def test_a_network_that_takes_all_memory_is_refused(tmp_path: Path):
    error = refused_within(greedy(1 << 14), tmp_path, Bounds(memory=3 << 30))
    assert "memory" in str(error) or "cannot run" in str(error)


def test_a_network_that_takes_for_ever_is_refused(tmp_path: Path):
    error = refused_within(greedy(1 << 13), tmp_path, Bounds(seconds=3))
    assert "within 3 s" in str(error) or "more time than 3 s" in str(error)


def refused_within(network: bytes, folder: Path, bounds: Bounds) -> FacevecError:
    path = folder / "net.onnx"
    path.write_bytes(network)
    with pytest.raises(ModelRefused) as caught:
        bringing.bring(path, "mine", description(), AddedModels(folder), folder, bounds)
    assert not (folder / "added").exists()
    return caught.value
