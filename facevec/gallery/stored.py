"""The files of a generation: how rows come to lie on a disk, and how they are read from it.

    references.f32  (n, dimension) float32, little-endian: what decides
    sums.npy        (n, 16) of each reference the first bytes of its SHA-256, made before it was written
    codes.u8        (n, dimension) uint8, see `codes`
    worker_ids.npy  (n,) int64, ascending

References stay on the disk: each is held against its sum whenever it is read, so what became of it
meanwhile decides nothing. All else is held against the manifest when it is opened. The codes are mapped, one
copy for all processes that search; they only say whom to look at more closely.

Of a generation that is encrypted (`sealing`) each reference is for itself, the codes are so many rows at a
time, and each of the other files is as a whole. Its codes lie in the memory of each process that searches.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from facevec.aes import TAG_BYTES
from facevec.errors import GalleryError
from facevec.files import creating, digest, open_file
from facevec.gallery.codes import Bytes, Codes, encode, scale_for
from facevec.gallery.sealing import Cipher
from facevec.gallery.segment import InMemory, Rows, Segment
from facevec.types import Vectors

REFERENCES = "references.f32"
SUMS = "sums.npy"
CODES = "codes.u8"
WORKER_IDS = "worker_ids.npy"

_NUMBERS = {REFERENCES: 0, CODES: 1, WORKER_IDS: 2, SUMS: 3}
"""Of each file the number under which it is sealed."""

SUM_BYTES = 16
VECTOR = np.dtype("<f4")
AT_ONCE = 4_096
"""References that are verified or coded at once."""

Sums = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class RowsToWrite:
    """In ascending order of their workers.

    sums: see `sums_of`, made when the rows came. largest: no number is further from zero. blocks: the
    references, some at a time.
    """

    dimension: int
    worker_ids: npt.NDArray[np.int64]
    sums: Sums
    largest: float
    blocks: Iterator[Vectors]


class Written(NamedTuple):
    """files: of each, its size and, but of the references, SHA-256. scale, error: as in `Codes`."""

    files: dict[str, dict[str, Any]]
    scale: float
    error: float


def sums_of(vectors: Vectors) -> Sums:
    """(n, SUM_BYTES) uint8."""
    vectors = np.ascontiguousarray(vectors, VECTOR)
    sums = b"".join(hashlib.sha256(row).digest()[:SUM_BYTES] for row in vectors)
    return np.frombuffer(sums, np.uint8).reshape(len(vectors), SUM_BYTES)


def write(folder: Path, rows: RowsToWrite, cipher: Cipher | None = None) -> Written:
    """Write and fsync `rows` into `folder`, where none of the files is yet."""
    scale, error = scale_for(rows.largest), 0.0
    sha256, count = hashlib.sha256(), 0
    sizes = dict.fromkeys((REFERENCES, CODES), 0)
    with creating(folder / REFERENCES) as references, creating(folder / CODES) as codes:
        for block in rows.blocks:
            vectors = row_bytes(block, cipher, _NUMBERS[REFERENCES], count)
            coded, errors = encode(block, scale)
            error = max(error, float(errors.max()))
            written = _sealed(coded.tobytes(), cipher, CODES, count)
            references.write(vectors)
            codes.write(written)
            sha256.update(written)
            sizes[REFERENCES] += len(vectors)
            sizes[CODES] += len(written)
            count += len(block)
    files: dict[str, dict[str, Any]] = {
        REFERENCES: {"size": sizes[REFERENCES]},
        CODES: {"size": sizes[CODES], "sha256": sha256.hexdigest()},
        WORKER_IDS: _write_array(folder / WORKER_IDS, rows.worker_ids, cipher),
        SUMS: _write_array(folder / SUMS, rows.sums, cipher),
    }
    for name in files:
        _forget(folder / name)
    return Written(files, scale, error)


def read(folder: Path, manifest: dict[str, Any], cipher: Cipher | None = None, *, whole: bool) -> Segment:
    """The rows that `write` wrote. whole: each reference is verified now too, not only whenever it is read.

    Raises GalleryError, and ValueError for what was sealed otherwise.
    """
    shape, files = (manifest["workers"], manifest["dimension"]), manifest["files"]
    worker_ids, sums = (_read_array(folder / name, files[name], cipher) for name in (WORKER_IDS, SUMS))
    if len(worker_ids) != shape[0] or sums.shape != (shape[0], SUM_BYTES):
        raise GalleryError(f"The arrays of generation {folder.name} do not have the size its manifest says.")
    references = OnDisk(folder / REFERENCES, sums, shape[1], cipher)
    coded = _codes(folder / CODES, files[CODES], shape, references, cipher)
    codes = Codes(coded, manifest["scale"], manifest["error"])
    if whole:
        references.verify()
    return Segment(worker_ids, codes, references if os.name != "nt" else references.in_memory())


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
                vectors = opened_rows(data, rows, self._dimension, self._cipher, _NUMBERS[REFERENCES])
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
        return GalleryError(f"{REFERENCES} of generation {self._path.parent.name} was changed or damaged.")


def bytes_a_row(dimension: int, cipher: Cipher | None) -> int:
    """Of a reference in a file."""
    return dimension * VECTOR.itemsize + (0 if cipher is None else TAG_BYTES)


def row_bytes(vectors: Vectors, cipher: Cipher | None, file: int, first: int) -> bytes:
    """Rows as they are written, from the row `first` of the file of this number on."""
    vectors = np.ascontiguousarray(vectors, VECTOR)
    if cipher is None:
        return vectors.tobytes()
    sealed = (cipher.seal(file, row, vector.tobytes()) for row, vector in enumerate(vectors, first))
    return b"".join(sealed)


def opened_rows(data: bytes | bytearray, rows: Rows, dimension: int, cipher: Cipher, file: int) -> Vectors:
    """(n, dimension) of what `row_bytes` wrote as `rows`. Raises ValueError."""
    size, held = bytes_a_row(dimension, cipher), bytes(data)
    pieces = (
        cipher.unseal(file, row, held[place * size : (place + 1) * size])
        for place, row in enumerate(rows.tolist())
    )
    return np.frombuffer(bytearray().join(pieces), VECTOR).reshape(len(rows), dimension)


def runs(rows: Rows) -> Iterator[tuple[int, int]]:
    """Rows that follow each other, as (first, past the last)."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for run in np.split(rows, breaks):
        if len(run):
            yield int(run[0]), int(run[-1]) + 1


def _sealed(data: bytes, cipher: Cipher | None, name: str, place: int = 0) -> bytes:
    return data if cipher is None else cipher.seal(_NUMBERS[name], place, data)


def _write_array(path: Path, array: npt.NDArray[Any], cipher: Cipher | None) -> dict[str, Any]:
    """Size and SHA-256 of what the file is meant to hold."""
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    meant = _sealed(header.getvalue() + array.tobytes(), cipher, path.name)
    with creating(path) as file:
        file.write(meant)
    return {"size": len(meant), "sha256": hashlib.sha256(meant).hexdigest()}


def _forget(path: Path) -> None:
    """Have what is read next come from the disk and not from memory, where the system can."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read_array(path: Path, written: dict[str, Any], cipher: Cipher | None) -> npt.NDArray[Any]:
    with open_file(path) as file:
        _require(file, path, written)
        data: IO[bytes] = file
        if cipher is not None:
            data = io.BytesIO(cipher.unseal(_NUMBERS[path.name], 0, file.read()))
        array: npt.NDArray[Any] = np.load(data, allow_pickle=False)
        return array


def _codes(
    path: Path, written: dict[str, Any], shape: tuple[int, int], references: OnDisk, cipher: Cipher | None
) -> Bytes:
    """Mapped, or in this process's memory where they are encrypted."""
    if cipher is None:
        return _read_codes(references.keep(path), path, written, shape)
    with open_file(path) as file:
        return _opened_codes(file, shape, cipher)


def _read_codes(file: BinaryIO, path: Path, written: dict[str, Any], shape: tuple[int, int]) -> Bytes:
    """Mapped; what this process writes there is its own, and reaches neither the file nor another process."""
    _require(file, path, written)
    if os.name == "nt":  # a mapped file could not be deleted there
        return np.fromfile(file, np.uint8).reshape(shape)
    return np.memmap(file, np.uint8, "c", shape=shape) if written["size"] else np.empty(shape, np.uint8)


def _touched(file: BinaryIO) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    entry = os.fstat(file.fileno())
    return entry.st_size, entry.st_mtime_ns


def _opened_codes(file: BinaryIO, shape: tuple[int, int], cipher: Cipher) -> Bytes:
    """Their tags say what a checksum would. Raises ValueError."""
    codes = np.empty(shape, np.uint8)
    for first in range(0, shape[0], AT_ONCE):
        block = codes[first : first + AT_ONCE]
        data = cipher.unseal(_NUMBERS[CODES], first, file.read(block.size + TAG_BYTES))
        block[:] = np.frombuffer(data, np.uint8).reshape(block.shape)
    return codes


def _require(file: BinaryIO, path: Path, written: dict[str, Any]) -> None:
    if digest(file) != written["sha256"]:
        raise GalleryError(f"{path.name} of generation {path.parent.name} was changed or damaged.")
    file.seek(0)
