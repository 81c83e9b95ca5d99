"""Several networks as one embedder; toys stand for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from facevec.ports import FaceEmbedder
from facevec.types import Face, Image, Purpose
from facevec.vision.joint import JointEmbedder
from tests.parts import WITHOUT_EMOTIONS, networks
from tests.toy import Someone, picture, toy_vision
from tests.toy.pictures import people_in
from tests.toy.vision import embedding


@dataclass(frozen=True)
class Toy:
    """A network with vectors of its own length for the people of a toy picture."""

    model: str
    dimension: int

    @property
    def contract(self) -> str:
        return f"{self.model}-1"

    def embed(self, image: Image, faces: list[Face], purpose: Purpose = Purpose.PROBE):
        people = {each.box: each.someone for each in people_in(image)}
        rows = [embedding(people[face.box], self.dimension) for face in faces]
        return np.stack(rows) if rows else np.empty((0, self.dimension), np.float32)


LONG, SHORT = Toy("long", 96), Toy("short", 32)


@pytest.fixture
def scene():
    vision = toy_vision()
    image = vision.decoder.decode(picture(Someone(1), Someone(2)))
    return image, vision.detector.detect(image)


def test_a_distance_is_the_root_of_the_mean_of_the_networks_squared_distances(scene):
    def squared(embedder: FaceEmbedder) -> float:
        first, second = embedder.embed(*scene)
        return float(((first - second) ** 2).sum())

    expected = (squared(LONG) + squared(SHORT)) / 2
    assert squared(JointEmbedder([LONG, SHORT])) == pytest.approx(expected, rel=1e-5)


def test_vectors_are_of_unit_length_and_as_long_as_all_together(scene):
    joint = JointEmbedder([LONG, SHORT])
    vectors = joint.embed(*scene)
    assert vectors.shape == (2, 128) == (2, joint.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert joint.embed(scene[0], []).shape == (0, 128)


def test_model_and_contract_are_those_of_all_networks_in_their_order():
    joint = JointEmbedder([LONG, SHORT])
    assert joint.model == "long+short"
    for others in ([LONG], [SHORT, LONG], [LONG, Toy("third", 32)]):
        assert joint.contract not in (others[0].contract, JointEmbedder(others).contract)
    # Templates that are kept were made under it.
    assert joint.contract == JointEmbedder([LONG, SHORT]).contract == "5d8b1c296f31c586"


def test_a_pair_that_is_here_goes_by_the_names_of_both(both_dir, pair):
    vision = networks(both_dir, WITHOUT_EMOTIONS).vision("casia-webface+retail-0095")
    faces = vision.detector.detect(pair)
    for purpose in Purpose:
        vectors = vision.embedder.embed(pair, faces, purpose)
        assert vectors.shape == (2, 768)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vision.embedder.model == "casia-webface+retail-0095"
