"""retail-0095 on its real files, which lie beside the photos: against the engine they were made for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import DownloadFailed, ModelCorrupt
from facevec.types import Purpose
from facevec.vision.engines.openvino_engine import import_openvino
from facevec.vision.models.retail import RETAIL_0095
from facevec.vision.weights import catalogue
from facevec.vision.weights.convert import convert
from facevec.vision.weights.store import ModelStore
from tests.parts import WITHOUT_EMOTIONS, networks
from tests.vision.weights.server import Site, serving

NAME = RETAIL_0095.name


@pytest.fixture(scope="module")
def vision(retail_dir):
    return networks(retail_dir, WITHOUT_EMOTIONS).vision(NAME)


@pytest.fixture
def site(zoo_file, monkeypatch):
    """A local server that stands in for the zoo's."""
    with serving(Site(zoo_file.read_bytes())) as site:
        monkeypatch.setitem(catalogue.KNOWN, NAME, replace(RETAIL_0095, source=site.url()))
        yield site


def test_it_computes_what_openvino_computes_from_the_zoos_own_graph(
    zoo_file, retail_dir, torch_engine, openvino
):
    core = import_openvino().Core()
    graph = core.read_model(zoo_file.with_suffix(".xml"))
    theirs = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    faces = np.random.default_rng(7).uniform(0, 255, (3, 3, 128, 128)).astype(np.float32)
    expected = np.concatenate([theirs(face[None])[0].reshape(1, 256) for face in faces])
    spec = RETAIL_0095.recipe(ModelStore(retail_dir).weights(NAME)).spec
    for engine in (torch_engine, openvino):
        (ours,) = engine.load(spec).run(faces)
        np.testing.assert_allclose(ours, expected, atol=2e-5)


def test_what_is_fetched_is_the_pinned_file_and_becomes_the_only_weights_that_facevec_knows(site, tmp_path):
    store = ModelStore(tmp_path)
    path = store.fetch(NAME)
    assert store.sha256(NAME) == RETAIL_0095.stored_sha256
    entry = next(entry for entry in store.status() if entry.model.name == NAME)
    assert entry.manifest.trust == "pinned"
    assert entry.manifest.source_sha256 == RETAIL_0095.sha256
    assert path == store.path(NAME)
    store.fetch(NAME)
    assert len(site.ranges) == 1


def test_another_file_of_the_same_length_is_not_taken(site, tmp_path):
    site.content = site.content[:-1] + bytes([site.content[-1] ^ 1])
    with pytest.raises(DownloadFailed, match="is not the expected file"):
        ModelStore(tmp_path).fetch(NAME)
    assert not ModelStore(tmp_path).has(NAME)


def test_the_graph_beside_it_is_told_which_file_is_wanted(zoo_file):
    with pytest.raises(ModelCorrupt, match=r"face-reidentification-retail-0095\.bin"):
        convert(zoo_file.with_suffix(".xml"))


def test_a_file_of_these_weights_goes_by_no_other_name(zoo_file):
    with pytest.raises(ModelCorrupt, match="holds retail-0095, not casia-webface"):
        convert(zoo_file, "casia-webface")


def test_it_tells_a_person_from_another_in_any_turn_of_the_head_and_any_size(vision, pair):
    hopper = Path(pytest.importorskip("matplotlib").get_data_path(), "sample_data", "grace_hopper.jpg")
    other = vision.decoder.decode(hopper.read_bytes())
    vectors = vision.embedder.embed(pair, vision.detector.detect(pair), Purpose.TEMPLATE)
    (third,) = vision.embedder.embed(other, vision.detector.detect(other)[:1])
    assert vectors.shape == (2, vision.embedder.dimension) == (2, 256)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    first, second = vectors
    assert np.linalg.norm(first - second) < RETAIL_0095.scale.match.distance(0.01)
    assert np.linalg.norm(first - third) > RETAIL_0095.scale.match.distance(0.3)


def test_engines_agree(vision, retail_dir, pair):
    reference = networks(retail_dir, {**WITHOUT_EMOTIONS, "vision.engine": "torch"}).vision(NAME)
    faces = vision.detector.detect(pair)
    for purpose in Purpose:
        ours, theirs = (each.embedder.embed(pair, faces, purpose) for each in (vision, reference))
        assert (ours * theirs).sum(axis=1).min() >= 0.9999
    assert vision.embedder.contract == reference.embedder.contract
