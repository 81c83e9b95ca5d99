"""Arrays that travel through facevec; read-only by agreement."""

from __future__ import annotations

from typing import TypeAlias

from facevec.types.lazy_numpy import np, npt

Pixels: TypeAlias = "npt.NDArray[np.uint8]"
"""(height, width, 3) uint8, RGB, upright."""

Vector: TypeAlias = "npt.NDArray[np.float32]"
"""(dimension,) float32, of unit length unless said otherwise."""

Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""(n, dimension) float32; every row of unit length unless said otherwise."""

Ids: TypeAlias = "npt.NDArray[np.int64]"
"""(n,) int64."""

Probabilities: TypeAlias = "npt.NDArray[np.float64]"
"""(n, 7) float64, a column for each of `EMOTIONS`; every row sums to one."""


def no_vectors() -> Vectors:
    """None, and so of no length: that of an embedding is its model's."""
    return np.empty((0, 0), np.float32)


def places_in(ascending: Ids, ids: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """(where each of (n,) `ids` stands in (m,) `ascending`, 0 where it does not; whether it does)."""
    places = np.searchsorted(ascending, ids)
    places[places == len(ascending)] = 0
    known = ascending[places] == ids if len(ascending) else np.zeros(len(ids), np.bool_)
    return np.where(known, places, 0), known
