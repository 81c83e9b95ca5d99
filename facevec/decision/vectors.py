"""Unit vectors: their distances, and the templates of one person together."""

from __future__ import annotations

from facevec.types import Templates, Vectors
from facevec.types.lazy_numpy import np, npt

_ROUNDING = 1e-3
"""Furthest from 1 that the squared length of a template is."""


def unit(vectors: Vectors) -> Vectors:
    """Rows of `vectors` divided by their Euclidean length; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def are_unit(vectors: Vectors) -> npt.NDArray[np.bool_]:
    """(n,): which of (n, dimension) vectors have unit length, but for rounding."""
    with np.errstate(all="ignore"):
        squared = np.einsum("ij,ij->i", vectors, vectors)
        near: npt.NDArray[np.bool_] = np.abs(squared - 1.0) < _ROUNDING
    return near


def pairwise_distances(left: Vectors, right: Vectors) -> npt.NDArray[np.float32]:
    """(n, m) Euclidean distances of unit vectors (n, d) and (m, d): sqrt(2 - 2 cos)."""
    if not len(left) or not len(right):
        return np.empty((len(left), len(right)), np.float32)
    squared = 2.0 - 2.0 * (left @ right.T)
    distances: npt.NDArray[np.float32] = np.sqrt(np.maximum(squared, 0.0)).astype(np.float32)
    return distances


def fuse(templates: Templates) -> tuple[npt.NDArray[np.int64], Vectors]:
    """One reference a worker: the mean of their templates, brought back to unit length.

    Returns (worker_ids (m,) int64 ascending, references (m, dimension) float32).
    """
    if len(templates.worker_ids) == 0:
        return templates.worker_ids, templates.vectors
    order = np.argsort(templates.worker_ids, kind="stable")
    worker_ids, starts = np.unique(templates.worker_ids[order], return_index=True)
    sums = np.add.reduceat(templates.vectors[order], starts, axis=0)
    return worker_ids, unit(sums)


def apart(
    persons: npt.NDArray[np.int64], vectors: Vectors
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """How far each of (n, dimension) unit vectors is from the unit mean of its person's others.

    persons: (n,) of whom each is. Returns ((n,) distances, 1 where there are no others; (n,) whether there
    are any).
    """
    _, places, counts = np.unique(persons, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), vectors.shape[1]), np.float32)
    np.add.at(sums, places, vectors)
    distances = np.linalg.norm(vectors - unit(sums[places] - vectors), axis=1)
    return distances.astype(np.float64), counts[places] > 1


def mean(vectors: Vectors) -> Vectors:
    """(1, dimension): the unit mean of (n, dimension) unit vectors, the same to the bit in any order."""
    return unit(np.sort(vectors, axis=0).sum(axis=0, keepdims=True))


def same_person(vectors: Vectors, threshold: float) -> npt.NDArray[np.bool_]:
    """Which of (n, dimension) unit vectors show the person whom most of them show; none without a majority.

    A row may speak for the person when more than half of all rows, itself counted, are within `threshold`
    of it. Of such rows the one nearest to all others speaks; what is further from it is someone else. The
    order of the rows decides nothing. Returns (n,) bool.
    """
    # In an order of their own content: neither rounding nor the first of equals depends on who came first.
    order = np.lexsort(vectors.T)
    distances = pairwise_distances(vectors[order], vectors[order])
    np.fill_diagonal(distances, 0.0)
    near = distances <= threshold
    may_speak = 2 * near.sum(axis=1) > len(vectors)
    shown = np.zeros(len(vectors), np.bool_)
    if may_speak.any():
        speaker = int(np.argmin(np.where(may_speak, distances.sum(axis=1), np.inf)))
        shown[order] = near[speaker]
    return shown
