"""Reading an archive of workers: every file is held against the manifest, and none is written anywhere."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from facevec.backups.reading import readable, reading_file
from facevec.backups.sealed import MAGIC, Reader, SecretKey
from facevec.errors import BackupLocked, BackupUnusable
from facevec.files import open_file
from facevec.types import Consent, Distinction, Photo, PhotoRecord, Quality, Vectors, Worker, WorkerRecord

KIND = "workers"
FORMAT = 1
MANIFEST, WORKER, README = "manifest.json", "worker.json", "README.txt"

LARGEST_DOCUMENT = 64_000_000
"""Bytes of a file in it that is no photo."""

IN_MEMORY = 64_000_000
"""Bytes of an archive that is decrypted in memory; a larger one into a file without a name."""


@dataclass(frozen=True, slots=True)
class ArchiveManifest:
    """What an archive says of itself. folders: one a worker. files: size and SHA-256 of each, by its path."""

    format: int
    facevec: str
    made_at: str
    model: str | None
    contract: str | None
    folders: Sequence[str]
    files: Mapping[str, Mapping[str, Any]]


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
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError, NotImplementedError) as error:
        raise BackupUnusable(
            f"{name} is no whole archive of workers ({error}); use another copy of it."
        ) from error


class OpenArchive:
    """An archive that is being read; nothing of it is written anywhere."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._name, self._archive = name, archive
        with _whole(name):
            document = json.loads(self._bytes(MANIFEST, LARGEST_DOCUMENT))
            if document.get("format") != FORMAT:
                raise BackupUnusable(
                    f"{name} was written by a newer facevec; upgrade facevec, then try again."
                )
            self.manifest = ArchiveManifest(**document)

    def record(self, folder: str, largest_photo: int) -> WorkerRecord:
        """The worker of this folder. Raises BackupUnusable for what is not as the manifest says."""
        with _whole(self._name):
            document = json.loads(self._checked(f"{folder}/{WORKER}", LARGEST_DOCUMENT))
            photos = document.pop("photos")
            files = {photo["template"]["file"] for photo in photos}
            templates = {file: self._templates(f"{folder}/{file}") for file in files}
            records = [self._photo(folder, photo, templates, largest_photo) for photo in photos]
            return WorkerRecord(_worker(document), tuple(records))

    def require_all(self) -> None:
        """Raises BackupUnusable unless every file is as the manifest says."""
        with _whole(self._name):
            for path in self.manifest.files:
                self._checked(path, LARGEST_DOCUMENT)

    def _templates(self, path: str) -> Vectors:
        templates: Vectors = np.load(io.BytesIO(self._checked(path, LARGEST_DOCUMENT)), allow_pickle=False)
        if templates.dtype != np.float32 or templates.ndim != 2:  # noqa: PLR2004  # lines and columns
            raise ValueError(f"{path} does not hold a line for each photo")
        return templates

    def _photo(
        self, folder: str, document: dict[str, Any], templates: Mapping[str, Vectors], largest: int
    ) -> PhotoRecord:
        contract, file, place = (document.pop(name) for name in ("contract", "file", "template"))
        if not 0 <= place["row"] < len(templates[place["file"]]):
            raise ValueError(f"{folder}/{place['file']} has no line {place['row']}")
        template = templates[place["file"]][place["row"]]
        pixels = None if file is None else self._checked(f"{folder}/{file}", largest)
        if pixels is not None and hashlib.sha256(pixels).hexdigest() != document["sha256"]:
            raise ValueError(f"{folder}/{file} is another photo than it says")
        photo = Photo(**{**_moments(document), "quality": Quality(**document["quality"])})
        return PhotoRecord(photo, template, contract, pixels)

    def _checked(self, path: str, largest: int) -> bytes:
        data = self._bytes(path, largest)
        if hashlib.sha256(data).hexdigest() != self.manifest.files[path]["sha256"]:
            raise BackupUnusable(f"{self._name}: {path} was changed or damaged; use another copy of it.")
        return data

    def _bytes(self, path: str, largest: int) -> bytes:
        if self._archive.getinfo(path).file_size > largest:
            raise ValueError(f"{path} is larger than anything that is taken")
        with self._archive.open(path) as file:
            data = file.read(largest + 1)
        if len(data) > largest:
            raise ValueError(f"{path} is larger than it says")
        return data


@contextmanager
def _plain_file(path: Path, key: SecretKey | None) -> Iterator[IO[bytes]]:
    """The ZIP file, decrypted into memory, or, where it is large, into a file without a name."""
    with readable(path) as file:
        is_sealed = file.read(len(MAGIC)).startswith(MAGIC[:10])
    if not is_sealed:
        if key is not None:
            raise BackupLocked(f"{path} is not encrypted, though a key was named; leave --key-file out.")
        with open_file(path) as file:
            yield file
        return
    with reading_file(path, KIND) as reader, tempfile.SpooledTemporaryFile(IN_MEMORY) as plain:
        _decrypt(reader, key, plain)
        yield plain


def _decrypt(reader: Reader, key: SecretKey | None, plain: IO[bytes]) -> None:
    for frame in reader.frames(key):
        plain.write(frame)
    plain.seek(0)


def _worker(document: dict[str, Any]) -> Worker:
    consent = document["consent"]
    known = {field.name for field in fields(Consent)}
    return Worker(
        id=document["id"],
        name=document["name"],
        external_id=document["external_id"],
        status=document["status"],
        consent=None
        if consent is None
        else Consent(**_moments({name: value for name, value in consent.items() if name in known})),
        created_at=datetime.fromisoformat(document["created_at"]),
        photo_count=document["photo_count"],
        distinct_from=tuple(Distinction(**_moments(other)) for other in document["distinct_from"]),
    )


def _moments(values: Mapping[str, Any]) -> dict[str, Any]:
    """With texts of moments as moments."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value
        for name, value in values.items()
    }
