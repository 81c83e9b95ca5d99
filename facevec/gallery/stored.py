"""The files of a generation: how rows come to lie on a disk, and how they are read from it.

    references.f32  see `references`
    sums.npy        (n, 16) of each reference the first bytes of its SHA-256, made before it was written
    codes.u8        (n, dimension) uint8, see `codes`
    worker_ids.npy  (n,) int64, ascending

All but the references is held against the manifest when it is opened. The codes are mapped, one copy for
all processes that search; they only say whom to look at more closely.

Of a generation that is encrypted (`sealing`) each reference is for itself, the codes are so many rows at a
time, and each of the other files is as a whole. Its codes lie in the memory of each process that searches.
"""

from __future__ import annotations

import hashlib
import io
import os
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
from facevec.gallery.references import (
    AT_ONCE,
    REFERENCES,
    SUM_BYTES,
    OnDisk,
    Sums,
    row_bytes,
)
from facevec.gallery.sealing import Cipher
from facevec.gallery.segment import Segment
from facevec.types import Vectors

SUMS = "sums.npy"
CODES = "codes.u8"
WORKER_IDS = "worker_ids.npy"

_NUMBERS = {CODES: 1, WORKER_IDS: 2, SUMS: 3}
"""Of each file the number under which it is sealed; that of the references is `references.NUMBER`."""


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


def write(folder: Path, rows: RowsToWrite, cipher: Cipher | None = None) -> Written:
    """Write and fsync `rows` into `folder`, where none of the files is yet."""
    scale, error = scale_for(rows.largest), 0.0
    sha256, count = hashlib.sha256(), 0
    sizes = dict.fromkeys((REFERENCES, CODES), 0)
    with creating(folder / REFERENCES) as references, creating(folder / CODES) as codes:
        for block in rows.blocks:
            vectors = row_bytes(block, cipher, count)
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
