from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facevec.errors import ModelCorrupt, ModelMissing, ModelUnknown
from facevec.types import Image, Purpose
from facevec.vision.embed import NetworkEmbedder, embedding_contract
from facevec.vision.engines.torch_engine import TorchEngine
from facevec.vision.models.facenet import CASIA_WEBFACE
from facevec.vision.models.model import View
from facevec.vision.networks.architecture import Weights
from facevec.vision.networks.inception import inception_spec
from tests.parts import WITHOUT_EMOTIONS, networks


def recipe(weights_sha256="a" * 64):
    return CASIA_WEBFACE.recipe(Weights("casia-webface", weights_sha256, lambda: Path("nowhere")))


def with_template(*views):
    return replace(recipe(), views={**recipe().views, Purpose.TEMPLATE: views})


@pytest.fixture(scope="module")
def vision(models_dir: Path):
    return networks(models_dir, WITHOUT_EMOTIONS).vision("casia-webface")


@pytest.fixture(scope="module")
def reference(models_dir: Path):
    return networks(models_dir, {**WITHOUT_EMOTIONS, "vision.engine": "torch"}).vision("casia-webface")


def test_embeddings_have_unit_length(vision, pair):
    vectors = vision.embedder.embed(pair, vision.detector.detect(pair))
    assert vectors.shape == (2, 512)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_same_person_is_near_and_another_is_far(vision, pair):
    matplotlib = pytest.importorskip("matplotlib")
    hopper = Path(matplotlib.get_data_path(), "sample_data", "grace_hopper.jpg").read_bytes()
    other = vision.decoder.decode(hopper)
    first, second = vision.embedder.embed(pair, vision.detector.detect(pair))
    (third,) = vision.embedder.embed(other, vision.detector.detect(other)[:1])
    assert np.linalg.norm(first - second) < 0.5
    assert np.linalg.norm(first - third) > 0.65


def test_a_second_look_sees_more_of_the_same_face(vision, pair):
    faces = vision.detector.detect(pair)
    once, again = vision.embedder.embed(pair, faces), vision.embedder.embed(pair, faces, Purpose.RECHECK)
    assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-5)
    assert ((once * again).sum(axis=1) > 0.8).all()
    assert np.abs(once - again).max() > 0.01
    (alone,) = vision.embedder.embed(Image(pair.pixels), faces[1:], Purpose.RECHECK)
    assert np.allclose(alone, again[1], atol=1e-4)


class Counting:
    """An engine and a network that tells each input by its mean, and how many came in each call."""

    def __init__(self):
        self.calls = []

    def load(self, *_, **__):
        return self

    def run(self, inputs):
        self.calls.append(len(inputs))
        means = inputs.mean(axis=(1, 2, 3))[:, np.newaxis]
        return (np.concatenate([means, np.ones((len(inputs), 511), np.float32)], axis=1),)


def test_no_call_takes_more_inputs_than_a_network_is_given_at_once(pair, vision):
    network, views = Counting(), tuple(View(margin) for margin in range(9))
    embedder = NetworkEmbedder(network, replace(recipe(), views=dict.fromkeys(Purpose, views)))
    assert embedder.embed(pair, vision.detector.detect(pair)).shape == (2, 512)
    assert network.calls == [8, 8, 2]


def test_a_view_that_was_looked_at_is_not_looked_at_again_while_its_picture_is_there(pair, vision):
    faces = vision.detector.detect(pair)
    network, fresh = Counting(), NetworkEmbedder(Counting(), recipe())
    embedder, again = NetworkEmbedder(network, recipe()), Image(pair.pixels)
    looks = {Purpose.PROBE: 2, Purpose.RECHECK: 4, Purpose.TEMPLATE: 2}
    for purpose, asked in (*looks.items(), (Purpose.PROBE, 0)):
        before = sum(network.calls)
        vectors = embedder.embed(again, faces, purpose)
        assert sum(network.calls) - before == asked
        assert np.allclose(vectors, fresh.embed(Image(pair.pixels), faces, purpose), atol=1e-6)
    before = sum(network.calls)
    embedder.embed(Image(pair.pixels), faces)  # another picture, whatever it shows
    assert sum(network.calls) - before == 2


def test_engines_agree(vision, reference, pair):
    faces = vision.detector.detect(pair)
    ours, theirs = vision.embedder.embed(pair, faces), reference.embedder.embed(pair, faces)
    assert (ours * theirs).sum(axis=1).min() >= 0.9999
    assert vision.embedder.contract == reference.embedder.contract


def test_engines_agree_on_real_photos(vision, reference, data_dir):
    files = sorted((data_dir / "photos" / "probes").glob("*.*"))[:6]
    for file in files:
        image = vision.decoder.decode(file.read_bytes())
        ours = vision.embedder.embed(image, vision.detector.detect(image))
        theirs = reference.embedder.embed(image, reference.detector.detect(image))
        assert (ours * theirs).sum(axis=1).min() >= 0.9999


def test_no_faces_are_no_vectors(vision, pair):
    assert vision.embedder.embed(pair, ()).shape == (0, 512)


def test_threads_and_batches_do_not_change_the_answer(vision, pair):
    faces = vision.detector.detect(pair)
    moved = [replace(face, detection_score=score / 20) for score in range(20) for face in faces]
    expected = vision.embedder.embed(Image(pair.pixels), faces)
    many = vision.embedder.embed(Image(pair.pixels), moved)
    assert np.allclose(many, np.tile(expected, (20, 1)), atol=1e-4)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: vision.embedder.embed(Image(pair.pixels), faces), range(8)):
            assert np.array_equal(vectors, expected)


def test_the_contract_follows_the_weights():
    assert embedding_contract(recipe()) == embedding_contract(recipe())
    assert embedding_contract(recipe()) != embedding_contract(recipe("b" * 64))


def test_all_that_prepares_a_template_belongs_to_the_contract_and_the_first_recipe_goes_without_saying():
    assert embedding_contract(recipe(), projection="b" * 64) == "04beaa113c96231c"
    once, mirrored = recipe().views[Purpose.TEMPLATE]
    others = (
        with_template(View(0), View(0, mirrored=True)),
        with_template(once),
        with_template(once, mirrored, View(40)),
        replace(recipe(), landmarks=((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))),
        replace(recipe(), landmarks=((0.3, 0.5), (0.7, 0.5), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))),
        replace(recipe(), channels="BGR"),
        replace(recipe(), mean=0.0),
        replace(recipe(), size=128),
        replace(recipe(), dimension=256),
    )
    contracts = {embedding_contract(recipe(), projection=each) for each in (None, "b" * 64)}
    contracts |= {embedding_contract(each) for each in others}
    assert len(contracts) == 2 + len(others)


def test_a_missing_and_an_unknown_model_are_named(tmp_path):
    with pytest.raises(ModelMissing, match="models fetch"):
        networks(tmp_path).vision("casia-webface")
    with pytest.raises(ModelUnknown):
        networks(tmp_path).vision("facenet-9000")
    with pytest.raises(ModelMissing, match="models fetch"):
        networks(tmp_path).best()


def test_a_model_of_the_other_task_is_named_with_those_that_fit(tmp_path):
    with pytest.raises(
        ModelUnknown, match="emotion-small makes no embeddings; use vggface2 or casia-webface"
    ):
        networks(tmp_path).vision("emotion-small")
    with pytest.raises(ModelUnknown, match="vggface2 does not read emotions; fer-resnet34 and emotion-small"):
        networks(tmp_path, {"emotion.model": "vggface2"}).emotion_classifier()


def test_weights_of_another_network_are_refused(tmp_path):
    from safetensors.numpy import save_file

    file = tmp_path / "wrong.safetensors"
    save_file({"conv.weight": np.zeros((1, 1), np.float32)}, file)
    with pytest.raises(ModelCorrupt, match=r"wrong\.safetensors"):
        TorchEngine(device="cpu", threads=1).load(inception_spec(Weights("wrong", "0" * 64, lambda: file)))
