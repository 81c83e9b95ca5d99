"""What else was tried on the network's vectors: each learns from rows and gives a function of vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import unit
from facevec.types import Vectors
from facevec.usecases.model import networks_of
from facevec.vision.joint import joined
from facevec.vision.projection import projection_path, shipped_projection
from training.identification.learn import learn, projection
from training.identification.photos import recipe

Transform = Callable[[Vectors], Vectors]
Learner = Callable[[Vectors, npt.NDArray[np.int64]], Transform]


def as_they_are(_vectors: Vectors, _people: npt.NDArray[np.int64]) -> Transform:
    """Nothing learnt."""
    return lambda rows: rows


def centred(vectors: Vectors, _people: npt.NDArray[np.int64]) -> Transform:
    """The mean of the training people taken away."""
    mean = vectors.mean(axis=0)
    return lambda rows: unit(rows - mean)


def whitened(vectors: Vectors, people: npt.NDArray[np.int64]) -> Transform:
    """Centred, then each principal axis divided by the square root of its deviation, shrunk by a tenth."""
    before = centred(vectors, people)
    spread, axes = np.linalg.eigh(np.cov(before(vectors).T.astype(np.float64)))
    scaled = axes * (0.9 * spread + 0.1 * spread.mean()) ** -0.25
    return lambda rows: unit((before(rows) @ scaled).astype(np.float32))


def within_normalized(vectors: Vectors, people: npt.NDArray[np.int64]) -> Transform:
    """Centred, then whitened by the covariance within a person (WCCN), shrunk by half."""
    before = centred(vectors, people)
    inside = before(vectors).astype(np.float64)
    _, owners = np.unique(people, return_inverse=True)
    means = np.zeros((owners.max() + 1, inside.shape[1]))
    np.add.at(means, owners, inside)
    inside -= (means / np.bincount(owners)[:, np.newaxis])[owners]
    spread, axes = np.linalg.eigh(np.cov(inside.T))
    scaled = axes * (0.5 * spread + 0.5 * spread.mean()) ** -0.5
    return lambda rows: unit((before(rows) @ scaled).astype(np.float32))


def biased(vectors: Vectors, people: npt.NDArray[np.int64]) -> Transform:
    """Centred, with a bias that falls where the cohort is dense: `facevec.vision.projection`."""
    return projection(learn(vectors, people))


def shipped(model: str) -> Learner:
    """What the product does with the vectors of a model: that for each network whose projection ships."""
    learners = [biased if projection_path(name).is_file() else as_they_are for name in networks_of(model)]
    splits = _splits(model)

    def learnt(vectors: Vectors, people: npt.NDArray[np.int64]) -> Transform:
        parts = np.split(vectors, splits, axis=1)
        return _joint([learner(part, people) for learner, part in zip(learners, parts, strict=True)], splits)

    return learnt


def as_it_ships(model: str) -> Transform:
    """The same, with the projections that ship. Raises ModelCorrupt."""
    dimensions = {name: recipe(name).dimension for name in networks_of(model)}
    projections = [shipped_projection(name, dimension) for name, dimension in dimensions.items()]
    return _joint([projection or (lambda rows: rows) for projection in projections], _splits(model))


def _joint(transforms: Sequence[Transform], splits: Sequence[int]) -> Transform:
    """Each network's vectors by its own transform, then as one (`vision.joint`)."""

    def joint(rows: Vectors) -> Vectors:
        parts = np.split(rows, splits, axis=1)
        return joined([transform(part) for transform, part in zip(transforms, parts, strict=True)])

    return joint


def _splits(model: str) -> Sequence[int]:
    """Where the vectors of a model's networks end in a row of `Embedded`, the last left out."""
    ends: list[int] = np.cumsum([recipe(name).dimension for name in networks_of(model)]).tolist()
    return ends[:-1]
