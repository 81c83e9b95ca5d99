"""The projection of `facevec.vision.projection` from the embeddings of many people."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from facevec.decision.vectors import unit
from facevec.types import Vectors
from facevec.vision.projection import Projection, cohort_similarity

COHORT_SIZE = 2000
"""Members of the cohort; 1,000 cost 0.2 points of TPIR at FPIR 0.003, 4,000 bring nothing."""

COHORT_AXES = 128
"""Axes on which the cohort is kept; those beyond hold less than 0.1 % of the variance."""

SEED = 0

Arrays = dict[str, npt.NDArray[np.generic]]


def learn(vectors: Vectors, people: npt.NDArray[np.int64]) -> Arrays:
    """The arrays of a projection from (n, d) unit vectors of the network; `people` says whose each is.

    Everybody counts once, by the mean of their photos; people with one photo should be left out, for
    theirs is not their mean. What comes out holds no single person: a mean, axes, a drawn cohort.
    """
    mean = np.asarray(vectors.mean(axis=0, dtype=np.float64))
    centred = unit((vectors - mean).astype(np.float32)).astype(np.float64)
    spread, turned = np.linalg.eigh(np.cov(centred.T))
    axes = turned[:, np.argsort(-spread)][:, :-1]
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1)
    coordinates = unit((centred @ axes).astype(np.float32))
    cohort = _drawn(_means(coordinates, people))
    arrays: Arrays = {
        "mean": mean.astype(np.float32),
        "axes": axes.astype(np.float16),
        "crowd": cohort.astype(np.float16),
    }
    kept = unit(cohort.astype(np.float16).astype(np.float32))
    arrays["usual"] = np.array([cohort_similarity(coordinates, kept).mean()], np.float32)
    return arrays


def projection(arrays: Arrays) -> Projection:
    """The projection of `learn`'s arrays, as it is once written and read again."""
    mean, axes, cohort, usual = (
        arrays[name].astype(np.float32) for name in ("mean", "axes", "crowd", "usual")
    )
    return Projection(mean, axes, unit(cohort), float(usual[0]), digest="not written")


def serialized(arrays: Arrays, notes: dict[str, str]) -> bytes:
    """The safetensors file; the same arrays and notes give the same bytes."""
    # safetensors writes its metadata in an order of chance, so there is one entry only.
    metadata = {"notes": json.dumps(notes, sort_keys=True)}
    return save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata=metadata)


def _means(vectors: Vectors, people: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    _, owners, counts = np.unique(people, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(sums, owners, vectors)
    means: npt.NDArray[np.float64] = sums / counts[:, np.newaxis]
    return means


def _drawn(means: npt.NDArray[np.float64]) -> Vectors:
    """`COHORT_SIZE` unit vectors on the first axes, from the Gaussian with mean and covariance of `means`."""
    centre, covariance = means.mean(axis=0), np.cov(means.T)
    spread, axes = np.linalg.eigh(covariance)
    drawn = np.random.default_rng(SEED).standard_normal((COHORT_SIZE, len(spread))) * np.sqrt(
        np.maximum(spread, 0)
    )
    members = unit((centre + drawn @ axes.T).astype(np.float32))
    return unit(np.ascontiguousarray(members[:, :COHORT_AXES]))
