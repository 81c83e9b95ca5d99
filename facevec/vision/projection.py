"""From the network's vectors to vectors that tell strangers apart better, learnt from many people.

Three steps, all part of the embedding contract. The mean face is taken away, so that angles are
measured from the middle of a cohort of faces. The result is turned onto its principal axes and the
last, which holds no variance, is dropped. In its place every vector gets a coordinate that they all
share, the bias: the smaller, the more similar it is to the cohort. Blurred and ordinary faces lie
where the cohort is dense and are near to everybody by accident; with less bias they are further from
everybody. This does inside a unit vector what adaptive score normalisation (AS-norm: Matejka et al.,
Interspeech 2017) does to a score, so the distance stays Euclidean and any vector index can search it.
The cohort is drawn from a Gaussian: nobody's vector is in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from facevec.decision.vectors import unit
from facevec.errors import ModelCorrupt
from facevec.types import Vectors

BIAS = 0.7
"""Of a vector as similar to the cohort as is usual; 0.6 to 0.75 measure alike."""

SLOPE = 0.9
"""Bias lost for each unit of similarity to the cohort; 0.7 to 1.2 measure alike."""

COHORT_SHARE = 0.02
"""Share of the cohort that counts as near: similarity is the mean cosine to that many of its members."""

_LOWEST, _HIGHEST = 0.05, 0.98

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """What was learnt, all float32.

    mean: (d,) of unit vectors. axes: (d, d - 1) orthonormal columns, most variance first.
    cohort: (n, c) unit vectors on the first c axes. usual: similarity of the usual face to it.
    digest: identifies all of this in the embedding contract.
    """

    mean: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float32]
    cohort: npt.NDArray[np.float32]
    usual: float
    digest: str

    def __call__(self, vectors: Vectors) -> Vectors:
        """(n, d) unit vectors of the network to (n, d) unit vectors; each row by itself."""
        centred: Vectors = vectors - self.mean
        turned = unit(centred @ self.axes)
        bias = BIAS - SLOPE * (cohort_similarity(turned, self.cohort) - self.usual)
        bias = np.clip(bias, _LOWEST, _HIGHEST)[:, np.newaxis]
        return np.hstack([turned * np.sqrt(1 - bias**2), bias]).astype(np.float32)


def cohort_similarity(turned: Vectors, cohort: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n,): mean cosine of each row to the nearest `COHORT_SHARE` of the cohort."""
    near = max(1, round(COHORT_SHARE * len(cohort)))
    cosines = turned[:, : cohort.shape[1]] @ cohort.T
    means: npt.NDArray[np.float32] = np.partition(cosines, -near, axis=1)[:, -near:].mean(axis=1)
    return means


def projection_path(model: str) -> Path:
    """Where the projection of these weights is, if it ships."""
    return ASSETS / f"projection-{model}.safetensors"


def shipped_projection(model: str, dimension: int) -> Projection | None:
    """The projection that belongs to these weights, of so long vectors; None when none was learnt for them.

    Raises ModelCorrupt.
    """
    path = projection_path(model)
    return read_projection(path, dimension) if path.is_file() else None


def read_projection(path: Path, dimension: int) -> Projection:
    """The projection of vectors of length `dimension` in a safetensors file. Raises ModelCorrupt."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:  # "crowd" is what the file calls the cohort
        data = path.read_bytes()
        tensors = load(data)
        mean, axes, cohort, usual = (
            tensors[name].astype(np.float32) for name in ("mean", "axes", "crowd", "usual")
        )
    except (OSError, KeyError, SafetensorError) as error:
        raise ModelCorrupt(f"{path.name} is damaged; install facevec again.") from error
    if mean.shape != (dimension,) or axes.shape != (dimension, dimension - 1):
        raise ModelCorrupt(f"{path.name} is of another network; install facevec again.")
    return Projection(mean, axes, unit(cohort), float(usual[0]), hashlib.sha256(data).hexdigest())
