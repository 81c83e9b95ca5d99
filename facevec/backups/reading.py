"""Reading a backup: what it says of itself, then all that is in it, each piece once it is known whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from facevec.backups.contents import END, Manifest, unpack_block, unpack_end, unpack_manifest, unpacked
from facevec.backups.sealed import Header, Reader, SecretKey
from facevec.errors import BackupUnusable, FileMissing, InputError
from facevec.files import open_file
from facevec.integrity import IntegrityKey
from facevec.registry.whole import Block

KIND = "backup"
MARKED_AS = "backup"
"""What a backup is marked as under the integrity key."""


@dataclass(slots=True)
class Contents:
    """A backup that is being read. files: what else is in it, by name."""

    name: str
    header: Header
    manifest: Manifest
    files: Mapping[str, bytes]
    _frames: Iterator[bytes]
    _digest: Any
    _mark: bytes = b""

    def blocks(self) -> Iterator[Block]:
        """All rows, table by table. Raises BackupUnusable."""
        counted = dict.fromkeys(self.manifest.rows, 0)
        end = None
        for frame in self._frames:
            with _understood(self.name):
                kind, document, blobs = unpacked(frame)
                if kind == END:
                    end = unpack_end(document)
                    self._mark = bytes.fromhex(end.mark)
                    continue
                self._digest.update(frame)
                block = unpack_block(document, blobs)
                counted[block.table] += len(block.rows)
            yield block
        if end is None or dict(end.rows) != counted or counted != dict(self.manifest.rows):
            raise BackupUnusable(f"{self.name} does not hold the rows that it says; use another copy of it.")

    def made_under(self, integrity: IntegrityKey) -> bool:
        """Whether whoever made it had the integrity key; to be asked once all blocks were read."""
        return integrity.made(self._mark, MARKED_AS, [self._digest.digest()])


@contextmanager
def opened(path: Path, key: SecretKey | None) -> Iterator[Contents]:
    """The backup at `path`. Raises BackupUnusable, BackupLocked, FileMissing, InputError."""
    with reading_file(path, KIND) as reader:
        frames = reader.frames(key)
        first = next(frames)
        digest = hashlib.sha256(reader.header_digest + first)
        files: dict[str, bytes] = {}
        with _understood(str(path)):
            _, document, _ = unpacked(first)
            manifest = unpack_manifest(document)
            for name, frame in zip(manifest.files, frames, strict=False):
                digest.update(frame)
                _, document, data = unpacked(frame)
                files[name] = bytes(data)
        yield Contents(str(path), reader.header, manifest, files, frames, digest)


@contextmanager
def reading_file(path: Path, kind: str) -> Iterator[Reader]:
    """Raises FileMissing, InputError, BackupUnusable."""
    with readable(path) as file:
        reader = Reader(file, str(path))
        if reader.header.kind != kind:
            raise BackupUnusable(_NOT[kind].format(path))
        yield reader


def readable(path: Path) -> BinaryIO:
    """The file at `path`, opened. Raises FileMissing, InputError."""
    try:
        return open_file(path)
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {path}.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


_NOT = {
    KIND: "{} is an archive of workers and no backup; `facevec worker import` takes it.",
    "workers": "{} is a backup and no archive of workers; `facevec restore` takes it.",
}


@contextmanager
def _understood(name: str) -> Iterator[None]:
    """What is made in the block of frames that are whole, whoever wrote them."""
    try:
        yield
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BackupUnusable(
            f"{name} holds what this facevec does not understand; upgrade facevec, or use another copy of it."
        ) from error
