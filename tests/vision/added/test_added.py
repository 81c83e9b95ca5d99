"""Networks that were brought and taken: stored, verified, listed, run like any other, and forgotten."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import (
    EngineUnavailable,
    ModelCorrupt,
    ModelError,
    ModelRefused,
    ModelUnknown,
    OutputUnwritable,
)
from facevec.types import Evidence, Image, Purpose
from facevec.vision.added.description import described
from facevec.vision.added.entry import recipe_of
from facevec.vision.added.record import AddedModels
from facevec.vision.embed import embedding_contract
from facevec.vision.engines.graphs import convert
from facevec.vision.engines.openvino_engine import import_openvino
from facevec.vision.models.facenet import CASIA_WEBFACE
from facevec.vision.networks.architecture import Weights
from facevec.vision.weights.catalogue import KNOWN
from facevec.vision.weights.store import ModelStore
from tests.parts import WITHOUT_EMOTIONS, networks
from tests.vision.added.networks import (
    SIDE,
    as_ir,
    chained,
    description,
    integers,
    mixing,
    node,
    onnx,
    tensor,
    toy,
)
from tests.vision.added.networks import nodes as toy_nodes
from tests.vision.conftest import face_in

MEAN = [127.5, 127.5, 127.5]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with networks of 128 and 1024 numbers."""
    brought, folder = tmp_path_factory.mktemp("brought"), tmp_path_factory.mktemp("models")
    store = ModelStore(folder)
    for length in (128, 1024):
        path = brought / f"toy-{length}.onnx"
        path.write_bytes(toy(length))
        store.add(path, f"toy-{length}", description(length=length))
    published = {"match": 0.4, "doubt": 0.6}
    store.add(as_ir(toy(), brought), "toy-ir", description(mean=MEAN, distances=published))
    return folder


@pytest.fixture
def store(folder: Path) -> ModelStore:
    return ModelStore(folder)


@pytest.fixture(scope="module")
def picture() -> Image:
    return Image(np.random.default_rng(3).integers(0, 256, (120, 240, 3), np.uint8))


FACES = (face_in(10, 10, 110, 110), face_in(130, 10, 230, 110))


def vectors(folder: Path, name: str, picture: Image, purpose: Purpose = Purpose.PROBE):
    return networks(folder, WITHOUT_EMOTIONS).vision(name).embedder.embed(picture, FACES, purpose)


@pytest.mark.parametrize(("name", "length"), [("toy-128", 128), ("toy-1024", 1024), ("toy-ir", 128)])
def test_vectors_of_any_length_are_made(folder: Path, picture: Image, name: str, length: int):
    for purpose in Purpose:
        made = vectors(folder, name, picture, purpose)
        assert made.shape == (2, length)
        assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


def test_onnx_and_openvinos_own_of_one_network_agree_and_have_contracts_of_their_own(
    folder: Path, picture: Image
):
    assert np.allclose(vectors(folder, "toy-128", picture), vectors(folder, "toy-ir", picture), atol=1e-5)
    contracts = {networks(folder, WITHOUT_EMOTIONS).vision(name).embedder.contract for name in ADDED}
    assert len(contracts) == len(ADDED)


ADDED = ("toy-1024", "toy-128", "toy-ir")


def test_they_stand_in_the_catalogue_after_those_that_facevec_knows(store: ModelStore):
    assert list(store.catalogue.models) == [*KNOWN, *ADDED]
    entry = next(entry for entry in store.status() if entry.model.name == "toy-128")
    assert entry.path == store.folder / "added" / "toy-128"
    assert entry.manifest.source == "add:toy-128.onnx"
    assert entry.manifest.sha256 == store.verify("toy-128")
    assert entry.manifest.trust == "recorded when it was added"
    assert (entry.model.licence, entry.model.source) == ("MIT", "drawn here")


def test_distances_are_those_said_to_be_published_or_assumed_and_narrow(store: ModelStore):
    assumed, published = (store.catalogue.scale(name) for name in ("toy-128", "toy-ir"))
    assert assumed.match.evidence is Evidence.ASSUMED
    assert published.match.evidence is Evidence.PUBLISHED
    assert (published.match.distance(0.01), published.doubt, published.verify) == (0.4, 0.6, 0.4)
    assert assumed.match.distance(0.01) < CASIA_WEBFACE.scale.verify + 0.01


def test_torch_says_that_it_does_not_run_graphs(folder: Path):
    with pytest.raises(EngineUnavailable, match=r'toy-128 came as a graph.*set vision.engine to "openvino"'):
        networks(folder, {**WITHOUT_EMOTIONS, "vision.engine": "torch"}).vision("toy-128")


def copied(folder: Path, to: Path) -> ModelStore:
    shutil.copytree(folder, to)
    return ModelStore(to)


@pytest.mark.parametrize("file", ["network.xml", "network.bin"])
def test_one_flipped_bit_is_found_before_loading(folder: Path, tmp_path: Path, file: str):
    store = copied(folder, tmp_path / "models")
    path = store.path("toy-ir").parent / file
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=r"toy-ir at .* is damaged; `facevec models remove toy-ir`"):
        networks(store.folder, WITHOUT_EMOTIONS).vision("toy-ir")
    assert store.verify("toy-128")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        '{"name": "toy-128"}',
        '{"name": "toy-128", "files": []}',
        pytest.param("[" * 100_000, id="deep"),
        None,
    ],
)
def test_a_damaged_description_is_told_and_stands_in_nobodys_way(folder: Path, tmp_path: Path, content):
    store = copied(folder, tmp_path / "models")
    record = store.folder / "added" / "toy-128" / "model.json"
    record.unlink() if content is None else record.write_text(content)
    with pytest.raises(ModelCorrupt, match=r"description of toy-128.* is damaged"):
        store.path("toy-128")
    assert "toy-128" not in [entry.model.name for entry in store.status()]
    assert store.verify("toy-1024")
    store.remove("toy-128")
    assert AddedModels(store.folder).names() == ["toy-1024", "toy-ir"]


def test_one_that_is_removed_is_gone_and_its_name_is_free(folder: Path, tmp_path: Path):
    store = copied(folder, tmp_path / "models")
    measured = store.folder / "toy-128.scale.json"
    measured.write_text("{}")
    store.remove("toy-128")
    assert not measured.exists()
    with pytest.raises(ModelUnknown):
        store.path("toy-128")
    with pytest.raises(ModelUnknown, match="No network called 'toy-128'"):
        store.remove("toy-128")
    path = tmp_path / "toy.onnx"
    path.write_bytes(toy())
    store.add(path, "toy-128", description())
    assert store.verify("toy-128")


def test_what_a_killed_process_left_is_swept_away_by_the_next(folder: Path, tmp_path: Path):
    store = copied(folder, tmp_path / "models")
    left = store.folder / "added" / ".toy-128-0123456789abcdef"
    left.mkdir()
    (left / "network.onnx").write_bytes(b"half of it")
    store.remove("toy-1024")
    assert not left.exists()
    assert AddedModels(store.folder).names() == ["toy-128", "toy-ir"]


def test_no_room_to_try_it_is_a_sentence(store: ModelStore, tmp_path: Path):
    path = tmp_path / "toy.onnx"
    path.write_bytes(toy())
    with pytest.raises(OutputUnwritable, match=r"cannot be copied to .* to be tried"):
        store.add(path, "mine", description(), tmp_path / "nowhere")


def test_two_outputs_of_one_network_have_contracts_of_their_own():
    def contract(output: str) -> str:
        fields = described(description(output=output))
        return embedding_contract(recipe_of(fields, Weights("toy", "sha256", Path)))

    assert contract("vectors") != contract("others")


def test_facevecs_own_models_are_not_removed(store: ModelStore):
    with pytest.raises(ModelRefused, match="one of facevec's own"):
        store.remove("casia-webface")


ZOO = {
    "size": 128,
    "channels": "BGR",
    "mean": 0.0,
    "scale": 1.0,
    "crop": "aligned",
    "landmarks": "open-model-zoo",
    "length": 256,
    "margin": None,
}


def test_the_zoos_own_files_become_the_network_that_facevec_knows(
    zoo_file: Path, retail_dir: Path, tmp_path: Path, astronaut: Image
):
    store = ModelStore(tmp_path)
    store.add(zoo_file.with_suffix(".xml"), "zoo", description(**ZOO))
    findings = AddedModels(tmp_path).record("zoo").findings
    assert findings.mirrored < 0.2
    assert findings.others > 0.4
    ours, theirs = (
        networks(folder, WITHOUT_EMOTIONS).vision(name)
        for folder, name in ((tmp_path, "zoo"), (retail_dir, "retail-0095"))
    )
    faces = ours.detector.detect(astronaut)
    for purpose in Purpose:
        made = [vision.embedder.embed(astronaut, faces, purpose) for vision in (ours, theirs)]
        assert np.allclose(*made, atol=1e-4)


def test_the_network_of_facenet_is_known_for_one_of_faces_and_is_not_once_its_weights_are_shuffled(
    models_dir: Path, tmp_path: Path
):
    import torch

    package = import_openvino()
    spec = CASIA_WEBFACE.recipe(ModelStore(models_dir).weights("casia-webface")).spec
    fields = description(size=160, margin=24, length=512)
    store = ModelStore(tmp_path / "models")
    package.save_model(convert(spec, package), tmp_path / "whole.xml")
    store.add(tmp_path / "whole.xml", "whole", fields)
    assert AddedModels(store.folder).record("whole").findings.others > 0.4

    def shuffled():
        module, chance = spec.build(), torch.Generator().manual_seed(0)
        for weights in module.state_dict().values():
            if weights.dim() > 1:
                order = torch.randperm(weights.numel(), generator=chance)
                weights.copy_(weights.flatten()[order].view_as(weights))
        return module

    package.save_model(convert(replace(spec, build=shuffled), package), tmp_path / "shuffled.xml")
    with pytest.raises(ModelRefused, match=r"drawn people|face for another"):
        store.add(tmp_path / "shuffled.xml", "shuffled", fields)


def test_a_network_that_takes_one_face_at_a_time_is_run_so(tmp_path: Path, folder: Path, picture: Image):
    single = onnx(
        toy_nodes(),
        [tensor("mixing", mixing(128))],
        taken=(1, 3, SIDE, SIDE),
        outputs=(("vectors", (1, 128)),),
    )
    path = tmp_path / "single.onnx"
    path.write_bytes(single)
    store = ModelStore(tmp_path / "models")
    store.add(path, "single", description())
    assert np.allclose(
        vectors(store.folder, "single", picture), vectors(folder, "toy-128", picture), atol=1e-5
    )


def test_a_vector_that_is_none_never_comes_out(tmp_path: Path, picture: Image):
    """Not finite, it would be nearer to everybody than any threshold."""
    light = [
        node("ReduceMean", ["flat"], ["light"], integers("axes", (1,))),
        node("Add", ["light", "enough"], ["lit"]),
        node("Sqrt", ["lit"], ["root"]),  # of a dark face that of a negative number
        node("Mul", ["before", "root"], ["vectors"]),
    ]
    path = tmp_path / "net.onnx"
    path.write_bytes(chained(*light, tensors=(tensor("enough", np.array([0.8], np.float32)),)))
    store = ModelStore(tmp_path / "models")
    store.add(path, "blind", description())
    assert np.isfinite(vectors(store.folder, "blind", picture)).all()
    with pytest.raises(ModelError, match="blind gives numbers for a face that are not finite, or all 0"):
        vectors(store.folder, "blind", Image(np.zeros((120, 240, 3), np.uint8)))


def test_of_two_that_bring_one_name_at_once_the_second_is_refused(folder: Path, tmp_path: Path):
    store = copied(folder, tmp_path / "models")
    record = AddedModels(store.folder).record("toy-128")
    with pytest.raises(ModelRefused, match="is here already"):
        AddedModels(store.folder).keep("toy-128", [], record.description, "net.onnx", record.findings)
    assert store.verify("toy-128")
