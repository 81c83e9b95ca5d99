"""Unit vectors: their distances, and the templates of one person together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.types import Templates, Vectors


def unit(vectors: Vectors) -> Vectors:
    """Rows of `vectors` divided by their Euclidean length; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def pairwise_distances(left: Vectors, right: Vectors) -> npt.NDArray[np.float32]:
    """(n, m) Euclidean distances of unit vectors (n, d) and (m, d): sqrt(2 - 2 cos)."""
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


def same_person(vectors: Vectors, threshold: float) -> npt.NDArray[np.bool_]:
    """Which of (n, dimension) unit vectors show the person whom most of them show.

    The row nearest to all others speaks for the person (the first of equals); a row
    further than `threshold` from it is someone else. Returns (n,) bool.
    """
    distances = pairwise_distances(vectors, vectors)
    medoid = int(np.argmin(distances.sum(axis=1)))
    kept: npt.NDArray[np.bool_] = distances[medoid] <= threshold
    return kept
