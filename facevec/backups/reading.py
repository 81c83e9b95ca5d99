"""Reading a backup: what it says of itself, then all that is in it, each piece once it is known whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from facevec.backups.contents import END, End, Manifest, unpack_block, unpacked
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
            try:
                kind, document, blobs = unpacked(frame)
                if kind == END:
                    end = End(**document)
                    continue
                self._digest.update(frame)
                block = unpack_block(document, blobs)
                counted[block.table] += len(block.rows)
            except (ValueError, KeyError, TypeError) as error:
                raise _strange(self.name) from error
            yield block
        if end is None or dict(end.rows) != counted or counted != dict(self.manifest.rows):
            raise BackupUnusable(f"{self.name} does not hold the rows that it says; use another copy of it.")
        self._mark = bytes.fromhex(end.mark)

    def made_under(self, integrity: IntegrityKey) -> bool:
        """Whether whoever made it had the integrity key; to be asked once all blocks were read."""
        return integrity.made(self._mark, MARKED_AS, [self._digest.digest()])


@contextmanager
def opened(path: Path, key: SecretKey | None) -> Iterator[Contents]:
    """The backup at `path`. Raises BackupUnusable, BackupLocked, FileMissing, InputError."""
    with reading_file(path, KIND) as reader:
        frames = reader.frames(key)
        first = next(frames)
        digest = hashlib.sha256(first)
        files: dict[str, bytes] = {}
        try:
            _, document, _ = unpacked(first)
            manifest = Manifest(**{**document, "files": tuple(document["files"])})
            for _ in manifest.files:
                frame = next(frames)
                digest.update(frame)
                _, document, data = unpacked(frame)
                files[document["name"]] = bytes(data)
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            raise _strange(str(path)) from error
        yield Contents(str(path), reader.header, manifest, files, frames, digest)


@contextmanager
def reading_file(path: Path, kind: str) -> Iterator[Reader]:
    """Raises FileMissing, InputError, BackupUnusable."""
    with readable(path) as file:
        reader = Reader(file, str(path))
        if reader.header.kind != kind:
            raise BackupUnusable(_NOT[kind].format(path))
        yield reader


@contextmanager
def readable(path: Path) -> Iterator[IO[bytes]]:
    """The file at `path`. Raises FileMissing, InputError."""
    try:
        with open_file(path) as file:
            yield file
    except FileNotFoundError as error:
        raise FileMissing(f"There is no file {path}.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from error


_NOT = {
    KIND: "{} is an archive of workers and no backup; `facevec worker import` takes it.",
    "workers": "{} is a backup and no archive of workers; `facevec restore` takes it.",
}


def _strange(name: str) -> BackupUnusable:
    return BackupUnusable(
        f"{name} holds what this facevec does not understand; upgrade facevec, or use another copy of it."
    )
