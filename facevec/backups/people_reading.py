"""Reading an archive of workers: every file is held against the manifest, and none is written anywhere."""

from __future__ import annotations

import hashlib
import io
import struct
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from pydantic import ValidationError

from facevec.backups.people_documents import ArchiveManifest, FormatDocument, PhotoDocument, WorkerDocument
from facevec.backups.reading import readable, reading_file
from facevec.backups.sealed import MAGIC, Reader, SecretKey
from facevec.errors import BackupLocked, BackupUnusable, FileTooLarge
from facevec.files import CHUNK, size_in_words
from facevec.types import PhotoRecord, Vectors, WorkerRecord

KIND = "workers"
FORMAT = 1
MANIFEST, WORKER, README = "manifest.json", "worker.json", "README.txt"

LARGEST_DOCUMENT = 64_000_000
"""Bytes of a file in it that is no photo."""

LARGEST_MANIFEST = 1_000_000_000
"""Bytes of the list of all files in it: some hundreds for each."""

IN_MEMORY = 64_000_000
"""Bytes of an archive that is decrypted in memory; a larger one into a file without a name."""

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    OverflowError,
    RuntimeError,  # and with it what zipfile does not know
    TypeError,
    ValueError,
    struct.error,
)
"""What reading a ZIP file raises that is damaged, or was made to harm."""

_WITH_A_PASSWORD = 1
"""Of the flags of a file in a ZIP file."""


@contextmanager
def opened_archive(path: Path, key: SecretKey | None) -> Iterator[OpenArchive]:
    """The archive at `path`. Raises BackupUnusable, BackupLocked, FileMissing, InputError."""
    with _plain_file(path, key) as file:
        with _whole(str(path)):
            opened = zipfile.ZipFile(file)
        with opened:
            yield OpenArchive(str(path), opened)


@contextmanager
def _whole(name: str) -> Iterator[None]:
    """What cannot be read in the block is of an archive that is none."""
    try:
        yield
    except _UNREADABLE as error:
        raise BackupUnusable(
            f"{name} is no whole archive of workers ({_reason(error)}); use another copy of it."
        ) from error


def _reason(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"


class OpenArchive:
    """An archive that is being read; nothing of it is written anywhere."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._name, self._archive = name, archive
        with _whole(name):
            document = self._bytes(MANIFEST, LARGEST_MANIFEST)
            if FormatDocument.model_validate_json(document).format != FORMAT:
                raise BackupUnusable(
                    f"{name} was written by a newer facevec; upgrade facevec, then try again."
                )
            self.manifest = ArchiveManifest.model_validate_json(document)

    def record(self, folder: str, largest_photo: int | None = None) -> WorkerRecord:
        """The worker of this folder. largest_photo: bytes of one that is taken.

        Raises BackupUnusable for what is not as the manifest says, FileTooLarge.
        """
        with _whole(self._name):
            worker = WorkerDocument.model_validate_json(self._checked(f"{folder}/{WORKER}", LARGEST_DOCUMENT))
            files = {photo.template.file for photo in worker.photos}
            templates = {file: self._templates(f"{folder}/{file}") for file in files}
            records = [self._photo(folder, photo, templates, largest_photo) for photo in worker.photos]
            return WorkerRecord(worker.worker(), tuple(records))

    def require_all(self) -> None:
        """Raises BackupUnusable unless every file is as the manifest says."""
        with _whole(self._name):
            for path, meant in self.manifest.files.items():
                sha256, left = hashlib.sha256(), meant.size
                with self._opened(path) as file:
                    while left >= 0 and (chunk := file.read(CHUNK)):
                        sha256.update(chunk)
                        left -= len(chunk)
                self._require(path, sha256.hexdigest())

    def _templates(self, path: str) -> Vectors:
        """(photos, dimension) float32: an array of NumPy, of which nothing else is taken at its word."""
        data = self._checked(path, LARGEST_DOCUMENT)
        file = io.BytesIO(data)
        try:
            np.lib.format.read_magic(file)
            shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
        except (SyntaxError, tokenize.TokenError) as error:
            raise ValueError(f"{path} does not begin as an array") from error
        start = file.tell()
        is_meant = dtype == np.float32 and len(shape) == 2 and not is_fortran  # noqa: PLR2004  # lines, columns
        if not is_meant or shape[0] * shape[1] * dtype.itemsize != len(data) - start:
            raise ValueError(f"{path} does not hold a line for each photo")
        return np.frombuffer(data, np.float32, offset=start).reshape(shape)

    def _photo(
        self, folder: str, document: PhotoDocument, templates: Mapping[str, Vectors], largest: int | None
    ) -> PhotoRecord:
        place, lines = document.template, templates[document.template.file]
        if place.row >= len(lines):
            raise ValueError(f"{folder}/{place.file} has no line {place.row}")
        pixels = None if document.file is None else self._pixels(f"{folder}/{document.file}", largest)
        if pixels is not None and hashlib.sha256(pixels).hexdigest() != document.sha256:
            raise ValueError(f"{folder}/{document.file} is another photo than it says")
        return PhotoRecord(document.photo(), lines[place.row], document.contract, pixels)

    def _pixels(self, path: str, largest: int | None) -> bytes:
        size = self.manifest.files[path].size
        if largest is not None and size > largest:
            raise FileTooLarge(
                f"{self._name}: {path} has {size_in_words(size)}, and {size_in_words(largest)} are accepted "
                f"(vision.max_file_bytes is {largest}); raise that, then import it again."
            )
        return self._checked(path, size)

    def _checked(self, path: str, largest: int) -> bytes:
        data = self._bytes(path, largest)
        self._require(path, hashlib.sha256(data).hexdigest())
        return data

    def _require(self, path: str, sha256: str) -> None:
        if sha256 != self.manifest.files[path].sha256:
            raise BackupUnusable(f"{self._name}: {path} was changed or damaged; use another copy of it.")

    def _bytes(self, path: str, largest: int) -> bytes:
        if self._archive.getinfo(path).file_size > largest:
            raise ValueError(f"{path} is larger than anything that is taken")
        with self._opened(path) as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            raise ValueError(f"{path} is larger than it says")
        return data

    def _opened(self, path: str) -> IO[bytes]:
        entry = self._archive.getinfo(path)
        if entry.flag_bits & _WITH_A_PASSWORD:
            raise BackupUnusable(
                f"{self._name} was packed with a password; unpack it, and pack it again without one."
            )
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{path} is packed in a way that is not taken")
        return self._archive.open(entry)


@contextmanager
def _plain_file(path: Path, key: SecretKey | None) -> Iterator[IO[bytes]]:
    """The ZIP file, decrypted into memory, or, where it is large, into a file without a name."""
    with readable(path) as file:
        is_sealed = file.read(len(MAGIC)).startswith(MAGIC[:10])
    if not is_sealed:
        if key is not None:
            raise BackupLocked(f"{path} is not encrypted, though a key was named; leave --key-file out.")
        with readable(path) as file:
            yield file
        return
    with reading_file(path, KIND) as reader, tempfile.SpooledTemporaryFile(IN_MEMORY) as plain:
        _decrypt(reader, key, plain)
        yield plain


def _decrypt(reader: Reader, key: SecretKey | None, plain: IO[bytes]) -> None:
    for frame in reader.frames(key):
        plain.write(frame)
    plain.seek(0)
