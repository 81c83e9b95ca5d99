"""Exact search in NumPy: the reference that every other gallery is held to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facevec.errors import ContractMismatch, GalleryError, InputError
from facevec.types import Candidate, Vectors


class ExactGallery:
    """Compares each probe with each reference, one after the other.

    Not thread-safe: whoever shares a gallery holds a lock, as `LiveView` does.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._references: dict[int, npt.NDArray[np.float32]] = {}

    def __len__(self) -> int:
        return len(self._references)

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        check_search(probes, k, self._dimension)
        worker_ids = np.fromiter(self._references, dtype=np.int64, count=len(self))
        references = np.array(list(self._references.values()), dtype=np.float32)
        return tuple(nearest(probe, worker_ids, references, k) for probe in probes)

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        check_references(worker_ids, references, self._dimension)
        self._references.update(zip(worker_ids.tolist(), references.copy(), strict=True))

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        for worker_id in worker_ids.tolist():
            self._references.pop(worker_id, None)


def nearest(
    probe: npt.NDArray[np.float32],
    worker_ids: npt.NDArray[np.int64],
    references: Vectors,
    k: int,
) -> tuple[Candidate, ...]:
    """The `k` references nearest to one probe; of equals, the smaller worker id comes first."""
    if len(worker_ids) == 0:
        return ()
    distances = distances_to(probe, references)
    order = np.lexsort((worker_ids, distances))[:k]
    return tuple(Candidate(int(worker_ids[row]), float(distances[row])) for row in order)


def distances_to(probe: npt.NDArray[np.float32], references: Vectors) -> npt.NDArray[np.float64]:
    """(n,) from one probe: each is the length of the difference.

    sqrt(2 - 2 cos) would lose half of the digits where they matter, near 0.
    """
    differences = references - probe
    distances: npt.NDArray[np.float64] = np.sqrt(
        np.einsum("ij,ij->i", differences, differences, dtype=np.float64)
    )
    return distances


def check_search(probes: Vectors, k: int, dimension: int) -> None:
    """Raises InputError or ContractMismatch for a search that has no meaning."""
    if k < 1:
        raise InputError(f"A search asks for at least 1 candidate, not {k}.")
    _check_shape(probes, dimension)
    if not np.isfinite(probes).all():
        raise InputError("A probe is not a number; analyse the picture again with a verified model.")


def check_references(worker_ids: npt.NDArray[np.int64], references: Vectors, dimension: int) -> None:
    """Raises GalleryError or ContractMismatch for references that must not enter a gallery."""
    if len(worker_ids) != len(references):
        raise GalleryError(
            f"{len(worker_ids)} workers came with {len(references)} references; give one each."
        )
    _check_shape(references, dimension)
    broken = ~np.isfinite(references).all(axis=1)
    if broken.any():
        raise GalleryError(
            f"The reference of worker {worker_ids[broken][0]} is not a number; "
            "remove that worker's photos and enrol them again."
        )


def _check_shape(vectors: Vectors, dimension: int) -> None:
    if vectors.ndim != 2 or vectors.shape[1] != dimension:  # noqa: PLR2004  (rows and columns)
        raise ContractMismatch(
            f"Vectors of shape {vectors.shape} do not fit a gallery of dimension {dimension}; "
            "use the model that the workers were enrolled with."
        )
