"""Vectors in a byte a number, and how far that may be from the truth.

A code stands for a point near its vector. By the triangle inequality no vector is nearer to a probe than
its point is, less the two errors; so whoever compares the codes first, and then those vectors that may still
be among the nearest, misses none: the answer is that of comparing all. The bytes are a quarter of the
vectors, and FAISS subtracts and squares them as integers, without rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from facevec.types import Vectors

ZERO = 128
LARGEST = 127
"""Steps from zero in either direction; the byte 0 is the code of nobody."""

NOBODY = 0

ROUNDING = 1e-5
"""Bound on what float32 rounds off a distance of unit vectors, here and in FAISS's sums."""

BLOCK = 16_384
"""Rows that all probes of a batch are compared with before the next: they stay in the processor's cache."""

_LIST_BITS = 32
_PLACE = (1 << _LIST_BITS) - 1
"""FAISS writes the number of a block and the place in it as one number."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """rows: (n, dimension) uint8. Of each vector `scale * (row - ZERO)` is at most `error` away."""

    rows: Bytes
    scale: float
    error: float


class Nearest(NamedTuple):
    """What the codes say of one probe.

    rows: (m,) int64, the nearest first. distances: (m,) float64, of their points to the probe's. beyond: no
    row that is not among them has a point nearer than this.
    """

    rows: npt.NDArray[np.int64]
    distances: npt.NDArray[np.float64]
    beyond: float


def scale_for(largest: float) -> float:
    """The step with which vectors fit whose numbers are at most `largest` from zero."""
    return max(largest, float(np.finfo(np.float32).tiny)) / LARGEST


def encode(vectors: Vectors, scale: float) -> tuple[Bytes, npt.NDArray[np.float32]]:
    """(n, dimension) uint8, and (n,) how far each point is from its vector. What does not fit is cut."""
    steps = np.rint(vectors / np.float32(scale))
    np.clip(steps, -LARGEST, LARGEST, out=steps)
    rows = (steps + ZERO).astype(np.uint8)
    steps *= np.float32(scale)
    steps -= vectors
    errors = np.sqrt(np.einsum("ij,ij->i", steps, steps))
    return rows, errors


def codes_of(vectors: Vectors) -> Codes:
    """The codes of vectors that are in memory."""
    scale = scale_for(float(np.abs(vectors).max(initial=0.0)))
    rows, errors = encode(vectors, scale)
    return Codes(rows, scale, float(errors.max(initial=0.0)))


def nearest_codes(codes: Codes, probes: Bytes, fetch: int, part: slice) -> list[Nearest]:
    """The `fetch` nearest of each probe among the rows of `part`, by the codes alone.

    probes: (b, dimension) uint8, coded with the same scale. Other threads run meanwhile.
    """
    quantizer: Any = faiss.ScalarQuantizer(codes.rows.shape[1], faiss.ScalarQuantizer.QT_8bit_direct)
    size = part.stop - part.start
    heaps = [_Heap(quantizer, probe, min(fetch, size)) for probe in probes.astype(np.float32)]
    for number, start in enumerate(range(part.start, part.stop, BLOCK)):
        block, count = faiss.swig_ptr(codes.rows[start:]), min(BLOCK, part.stop - start)
        for heap in heaps:
            heap.take(number, block, count)
    return [heap.nearest(part.start, codes.scale, is_all=fetch >= size) for heap in heaps]


class _Heap:
    """The nearest codes of one probe so far, the furthest of them on top."""

    def __init__(
        self,
        quantizer: Any,  # noqa: ANN401  # of which the stubs of FAISS lack what is used
        probe: npt.NDArray[np.float32],
        size: int,
    ) -> None:
        # FAISS keeps what it is handed as it is, and owns nothing of it.
        self._quantizer, self._probe = quantizer, probe
        self._squared = np.full(size, np.inf, np.float32)
        self._places = np.full(size, -1, np.int64)
        self._heap = faiss.swig_ptr(self._squared), faiss.swig_ptr(self._places), size
        self._scanner = quantizer.select_InvertedListScanner(faiss.METRIC_L2, None, True, None, False)
        self._scanner.set_query(faiss.swig_ptr(probe))

    def take(self, number: int, block: object, count: int) -> None:
        """`count` codes at the pointer `block`, which is the `number`th."""
        self._scanner.set_list(number, 0.0)
        self._scanner.scan_codes(count, block, None, *self._heap)

    def nearest(self, first: int, scale: float, *, is_all: bool) -> Nearest:
        order = np.argsort(self._squared)
        places = self._places[order]
        rows = first + (places >> _LIST_BITS) * BLOCK + (places & _PLACE)
        distances = np.sqrt(self._squared[order].astype(np.float64)) * scale
        return Nearest(rows, distances, np.inf if is_all else float(distances[-1]))
