"""Wrapped keys in a file of slots beside a SQLite database.

SQLite would keep what it deletes: in its journal's blocks, in those of pages that it let go. Here a key that
is destroyed is written over where it lies, and that is on the disk when it is said to be destroyed. A file
system that never writes in place (btrfs, ZFS, a copy-on-write snapshot), and the spare cells of an SSD, may
keep the old block all the same; see docs/encryption.md.

A slot is 64 bytes, so none lies in two sectors: each is as it was or as it is to be, whatever fails. It is
never given twice. The first holds no key and says what the file is.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock

from facevec.errors import DiskFull, RegistryError
from facevec.files import NO_ROOM, OWNER_ONLY, creating, sync_folder

SLOT = 64
_FIRST = b"facevec keys 1\n".ljust(SLOT, b"\0")
_DESTROYED = bytes(4)
"""How a slot begins whose key was destroyed; no version of a key is 0."""

_AT_ONCE = 8192
_NEAR = 64
"""Slots between two that are read together."""

_WAIT_SECONDS = 60.0


class SlotFile:
    """The file at `path`. Every method raises RegistryError where it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """An empty one, on the disk."""
        with self._explained():
            with creating(self.path) as file:
                file.write(_FIRST)
            sync_folder(self.path.parent)

    def append(self, wrapped: bytes, after: int) -> int:
        """Put a key into a new slot behind `after`; on the disk once `sync` was called. One process at a time
        may."""
        with self._opened("rb+") as file:
            end = -(-file.seek(0, os.SEEK_END) // SLOT)  # past what a process that was killed wrote of one
            slot = max(end, after + 1)
            file.seek(slot * SLOT)
            file.write(wrapped)
        return slot

    def copy(self, to: Path) -> None:
        """Put what is in it now into a new file. Nothing is added meanwhile."""
        with self._opened("rb") as file, creating(to) as copied:
            file.seek(0)
            shutil.copyfileobj(file, copied)

    def sync(self) -> None:
        """See on the disk what was written."""
        with self._opened("rb+") as file:
            os.fsync(file.fileno())

    def read(self, slots: Iterable[int]) -> dict[int, bytes]:
        """Those of the slots that hold a key."""
        wanted = sorted(set(slots))
        keys: dict[int, bytes] = {}
        with self._opened("rb") as file:
            for run in _runs(wanted):
                file.seek(run[0] * SLOT)
                data = file.read((run[-1] + 1 - run[0]) * SLOT)
                for slot in run:
                    wrapped = data[(slot - run[0]) * SLOT : (slot + 1 - run[0]) * SLOT]
                    if _is_key(wrapped):
                        keys[slot] = wrapped
        keys.pop(0, None)
        return keys

    def all(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Every slot behind `after` that holds a key, and the key."""
        with self._opened("rb") as file:
            slot = after + 1
            file.seek(slot * SLOT)
            while data := file.read(_AT_ONCE * SLOT):
                for start in range(0, len(data), SLOT):
                    wrapped = data[start : start + SLOT]
                    if _is_key(wrapped):
                        yield slot, wrapped
                    slot += 1

    def write(self, keys: Mapping[int, bytes]) -> None:
        """Put keys into slots of these numbers, of which none may be in use; on the disk when it returns."""
        self._write_all(keys, only_over_keys=False)

    def replace(self, keys: Mapping[int, bytes]) -> None:
        """As `write`, over keys that are there. A key that was destroyed meanwhile stays so."""
        self._write_all(keys, only_over_keys=True)

    def destroy(self, slots: Iterable[int]) -> None:
        """Write over the keys in these slots; that is on the disk when it returns."""
        noise = {slot: _DESTROYED + secrets.token_bytes(SLOT - len(_DESTROYED)) for slot in slots}
        self._write_all(noise, only_over_keys=True)

    def remove(self) -> None:
        """Write over every key, and delete the file."""
        with self._explained():
            if self.path.exists():
                self.destroy([slot for slot, _ in self.all()])
                self.path.unlink()
                self._lock_path.unlink(missing_ok=True)
                sync_folder(self.path.parent)

    def _write_all(self, keys: Mapping[int, bytes], *, only_over_keys: bool) -> None:
        if not keys:
            return
        with self._locked(), self._opened("rb+") as file:
            for slot, wrapped in sorted(keys.items()):
                file.seek(slot * SLOT)
                if only_over_keys and not _is_key(file.read(SLOT)):
                    continue
                file.seek(slot * SLOT)
                file.write(wrapped)
            file.flush()
            os.fsync(file.fileno())

    @property
    def _lock_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.lock")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else overwrites a key meanwhile: one that is wrapped anew must not bring back one that was
        destroyed."""
        with self._explained(), FileLock(self._lock_path, timeout=_WAIT_SECONDS, mode=OWNER_ONLY):
            yield

    @contextmanager
    def _opened(self, mode: str) -> Iterator[IO[bytes]]:
        with self._explained(), self.path.open(mode) as file:
            if file.read(SLOT) != _FIRST:
                raise RegistryError(f"{self.path} holds no keys of facevec; put back the file that did.")
            yield file

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise RegistryError(
                f"{self.path} is not there, which holds the keys of the names and faces in the database; put "
                "it back beside the database, or restore a backup."
            ) from error
        except OSError as error:  # Timeout is one
            kind = DiskFull if error.errno in NO_ROOM else RegistryError
            why = error.strerror or error
            raise kind(f"The keys in {self.path} cannot be read or written: {why}.") from error


def _is_key(wrapped: bytes) -> bool:
    return len(wrapped) == SLOT and not wrapped.startswith(_DESTROYED)


def _runs(slots: Sequence[int]) -> Iterator[Sequence[int]]:
    """Slots that are read at one go: near each other, and not too many."""
    start = 0
    for place in range(1, len(slots) + 1):
        if (
            place == len(slots)
            or slots[place] - slots[place - 1] > _NEAR
            or slots[place] - slots[start] > _AT_ONCE
        ):
            yield slots[start:place]
            start = place
