"""References in a file: (n, dimension) float32, little-endian; what decides.

They stay on the disk: each is held against its sum whenever it is read, so what became of it meanwhile
decides nothing. Where there is a key, each is encrypted for itself.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from facevec.aes import TAG_BYTES
from facevec.errors import GalleryError
from facevec.files import open_file
from facevec.gallery.sealing import Cipher
from facevec.gallery.segment import InMemory, Rows
from facevec.types import Vectors

REFERENCES = "references.f32"

NUMBER = 0
"""Under which it is sealed, of the files of a generation."""

SUM_BYTES = 16
VECTOR = np.dtype("<f4")
AT_ONCE = 4_096
"""References that are verified or coded at once."""

Sums = npt.NDArray[np.uint8]


class OnDisk:
    """References in a file that stays open, whatever becomes of its name."""

    def __init__(self, path: Path, sums: Sums, dimension: int, cipher: Cipher | None = None) -> None:
        self._path, self._sums, self._dimension, self._cipher = path, sums, dimension, cipher
        self._row_bytes = bytes_a_row(dimension, cipher)
        self._kept: list[tuple[Path, BinaryIO, tuple[int, int]]] = []
        self._file = self.keep(path)
        self._reading = threading.Lock()
        size = os.fstat(self._file.fileno()).st_size
        if size != len(sums) * self._row_bytes:
            raise self._damaged()

    def keep(self, path: Path) -> BinaryIO:
        """A file, open for as long as these references are; `require_untouched` tells of it, too."""
        file = open_file(path)
        self._kept.append((path, file, _touched(file)))
        return file

    def require_untouched(self) -> None:
        for path, file, touched in self._kept:
            if _touched(file) != touched:
                raise GalleryError(f"{path.name} of generation {path.parent.name} was written to.")

    def at(self, rows: Rows) -> Vectors:
        data = bytearray()
        for start, stop in runs(rows):
            data += self._read(start, stop)
        if self._cipher is None:
            vectors = np.frombuffer(data, VECTOR).reshape(len(rows), self._dimension)
            if not np.array_equal(sums_of(vectors), self._sums[rows]):
                raise self._damaged()
        else:  # its tag says of each what a sum would
            try:
                vectors = opened_rows(data, rows, self._dimension, self._cipher)
            except ValueError as error:
                raise self._damaged() from error
        return vectors.astype(np.float32, copy=False)

    def same(self, rows: Rows, vectors: Vectors) -> npt.NDArray[np.bool_]:
        equal: npt.NDArray[np.bool_] = (sums_of(vectors) == self._sums[rows]).all(axis=1)
        return equal

    def verify(self) -> None:
        """Every one. Raises GalleryError."""
        for start in range(0, len(self._sums), AT_ONCE):
            self.at(np.arange(start, min(start + AT_ONCE, len(self._sums))))

    def in_memory(self) -> InMemory:
        """All of them, and the file closed: Windows deletes none that is open."""
        with self._file:
            vectors = self.at(np.arange(len(self._sums)))
        for _, file, _ in self._kept:
            file.close()
        return InMemory(vectors)

    def _read(self, start: int, stop: int) -> bytes:
        place, size = start * self._row_bytes, (stop - start) * self._row_bytes
        try:
            if hasattr(os, "pread"):
                data = os.pread(self._file.fileno(), size, place)
            else:
                with self._reading:
                    self._file.seek(place)
                    data = self._file.read(size)
        except OSError as error:
            raise self._damaged() from error
        if len(data) != size:
            raise self._damaged()
        return data

    def _damaged(self) -> GalleryError:
        return GalleryError(
            f"{self._path.name} of generation {self._path.parent.name} was changed or damaged."
        )


def sums_of(vectors: Vectors) -> Sums:
    """(n, SUM_BYTES) uint8."""
    vectors = np.ascontiguousarray(vectors, VECTOR)
    sums = b"".join(hashlib.sha256(row).digest()[:SUM_BYTES] for row in vectors)
    return np.frombuffer(sums, np.uint8).reshape(len(vectors), SUM_BYTES)


def bytes_a_row(dimension: int, cipher: Cipher | None) -> int:
    """Of a reference in a file."""
    return dimension * VECTOR.itemsize + (0 if cipher is None else TAG_BYTES)


def row_bytes(vectors: Vectors, cipher: Cipher | None, first: int) -> bytes:
    """Rows as they are written, from the row `first` of a file on."""
    vectors = np.ascontiguousarray(vectors, VECTOR)
    if cipher is None:
        return vectors.tobytes()
    sealed = (cipher.seal(NUMBER, row, vector.tobytes()) for row, vector in enumerate(vectors, first))
    return b"".join(sealed)


def opened_rows(data: bytes | bytearray, rows: Rows, dimension: int, cipher: Cipher) -> Vectors:
    """(n, dimension) of what `row_bytes` wrote as `rows`. Raises ValueError."""
    size, held = bytes_a_row(dimension, cipher), bytes(data)
    pieces = (
        cipher.unseal(NUMBER, row, held[place * size : (place + 1) * size])
        for place, row in enumerate(rows.tolist())
    )
    return np.frombuffer(bytearray().join(pieces), VECTOR).reshape(len(rows), dimension)


def runs(rows: Rows) -> Iterator[tuple[int, int]]:
    """Rows that follow each other, as (first, past the last)."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for run in np.split(rows, breaks):
        if len(run):
            yield int(run[0]), int(run[-1]) + 1


def _touched(file: BinaryIO) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    entry = os.fstat(file.fileno())
    return entry.st_size, entry.st_mtime_ns
