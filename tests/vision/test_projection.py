from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from facevec.decision.vectors import unit
from facevec.errors import ModelCorrupt
from facevec.vision.networks.inception import DIMENSION
from facevec.vision.projection import BIAS, projection_path, read_projection, shipped_projection

MODEL = "casia-webface"


@pytest.fixture(scope="module")
def projection():
    shipped = shipped_projection(MODEL, DIMENSION)
    assert shipped is not None
    return shipped


@pytest.fixture(scope="module")
def vectors():
    return unit(np.random.default_rng(0).standard_normal((50, 512)).astype(np.float32))


def test_vectors_stay_unit_vectors_of_the_same_size(projection, vectors):
    projected = projection(vectors)
    assert projected.shape == vectors.shape
    assert projected.dtype == np.float32
    assert np.allclose(np.linalg.norm(projected, axis=1), 1, atol=1e-5)


def test_each_vector_is_projected_by_itself(projection, vectors):
    together = projection(vectors)
    alone = np.vstack([projection(vector[np.newaxis]) for vector in vectors])
    assert np.allclose(together, alone, atol=1e-5)


def test_a_face_apart_has_a_larger_bias_than_anybody_in_the_cohort(projection):
    members = projection.mean + projection.cohort @ projection.axes[:, : projection.cohort.shape[1]].T
    apart = projection.mean + projection.axes[:, -1:].T
    biases = projection(members)[:, -1]
    assert abs(biases.mean() - BIAS) < 0.05
    assert projection(apart)[0, -1] > biases.max()


def test_axes_are_orthonormal(projection):
    assert np.allclose(projection.axes.T @ projection.axes, np.eye(511), atol=5e-3)


def test_the_projection_belongs_to_the_crop_that_ships():
    from safetensors import safe_open

    with safe_open(projection_path(MODEL), framework="numpy") as file:
        notes = json.loads(file.metadata()["notes"])
    assert notes["model"] == MODEL
    assert notes["margin"] == "24"


def test_a_model_without_one_is_left_as_it_is():
    assert shipped_projection("vggface2", DIMENSION) is None


def test_a_damaged_file_is_refused(tmp_path: Path):
    file = tmp_path / "projection.safetensors"
    file.write_bytes(projection_path(MODEL).read_bytes()[:1000])
    with pytest.raises(ModelCorrupt, match=r"projection\.safetensors is damaged"):
        read_projection(file, DIMENSION)
