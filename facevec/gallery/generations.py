"""Generations on disk: built beside, verified, swapped in whole, and never opened damaged.

    index/CURRENT                 the name of the generation in use
    index/<revision>-<digest>/    a generation; see `manifest`
    index/.building-*/            a build that runs, or that died
    index/.lock                   held while one process publishes or deletes

The lock is the operating system's: it goes when its holder dies, however it dies.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from facevec.errors import GalleryError, RebuildRunning
from facevec.files import OWNER_ONLY, leftovers, replacing, sync_folder
from facevec.gallery import manifest
from facevec.gallery.exact import check_references
from facevec.integrity import IntegrityKey
from facevec.types import Generation, Snapshot

CURRENT = "CURRENT"
LOCK = ".lock"
TEMPORARY = ".building-"
NAME = re.compile(r"(\d{1,18})-[0-9a-f]{16}")

DISCARD_WAIT = 60.0


class Generations:
    """The folder of generations; implements `ports.GenerationStore`.

    key: marks a generation; none without its mark is opened. discard_wait: seconds a deletion waits for a
    rebuild to end.
    """

    def __init__(self, folder: Path, key: IntegrityKey, discard_wait: float = DISCARD_WAIT) -> None:
        self._folder = folder
        self._key = key
        self._discard_wait = discard_wait

    def publish(self, read: Callable[[], Snapshot], newest_removal: Callable[[], int]) -> Generation:
        with self._exclusive(timeout=0.0):
            self._clear_leftovers()
            generation = self._build(read())
            while generation.snapshot.revision < (removal := newest_removal()):
                self._delete([generation.name])
                generation = self._build(read())
            before = self._pointed_at()
            self._set_current(generation.name)
            others = [name for name in self._names() if name != generation.name]
            self._delete(name for name in others if name != before or _revision(name) < removal)
            return generation

    def load(self, contract: str, newest_revision: int) -> Generation | None:
        name = self._pointed_at()
        if name is None:
            return None
        if not NAME.fullmatch(name):
            raise GalleryError(f"{CURRENT} in the index names no generation; run `facevec index rebuild`.")
        generation = manifest.read(self._folder / name, name, self._key)
        snapshot = generation.snapshot
        if snapshot.contract != contract:
            raise GalleryError(
                f"Generation {name} holds embeddings of another contract ({snapshot.model}, "
                f"{snapshot.contract}); run `facevec index rebuild`."
            )
        if snapshot.revision > newest_revision:
            raise GalleryError(
                f"Generation {name} is newer than the registry, which is at revision {newest_revision} "
                "and must have been replaced or restored; run `facevec index rebuild`."
            )
        return generation

    def discard(self, before_revision: int) -> int:
        if not self._folder.is_dir():
            return 0
        with self._exclusive(timeout=self._discard_wait):
            self._clear_leftovers()
            old = [name for name in self._names() if _revision(name) < before_revision]
            if self._pointed_at() in old:
                (self._folder / CURRENT).unlink()
            self._delete(old)
            return len(old)

    def _build(self, snapshot: Snapshot) -> Generation:
        """Write `snapshot`, and read it back to the last byte against the checksums of what was meant."""
        check_references(snapshot.worker_ids, snapshot.references, snapshot.references.shape[1])
        building = self._folder / f"{TEMPORARY}{secrets.token_hex(8)}"
        building.mkdir(mode=0o700)
        try:
            name = manifest.write(building, snapshot, self._key)
            generation = manifest.read(building, name, self._key)
            building.rename(self._folder / name)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        sync_folder(self._folder)
        return generation

    def _set_current(self, name: str) -> None:
        with replacing(self._folder / CURRENT, mode=OWNER_ONLY) as successor:
            successor.write_bytes(f"{name}\n".encode())

    def _pointed_at(self) -> str | None:
        """What CURRENT says, be it a generation or not."""
        try:
            return (self._folder / CURRENT).read_bytes().decode("ascii", errors="replace").strip()
        except FileNotFoundError:
            if self._folder.is_symlink() and not self._folder.exists():
                raise GalleryError(
                    f"The index {self._folder} is a link that leads nowhere; mend or remove it."
                ) from None
            return None
        except OSError as error:
            raise GalleryError(f"{CURRENT} in the index cannot be read: {error.strerror}.") from error

    def _names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir() if NAME.fullmatch(path.name)]

    def _delete(self, names: Iterable[str]) -> None:
        for name in list(names):
            shutil.rmtree(self._folder / name)
        sync_folder(self._folder)

    def _clear_leftovers(self) -> None:
        """Remove what a build that died left; under the lock there is no other."""
        for path in (*self._folder.glob(f"{TEMPORARY}*"), *leftovers(self._folder / CURRENT)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    @contextmanager
    def _exclusive(self, timeout: float) -> Iterator[None]:
        """Hold the lock; raises RebuildRunning, and GalleryError for a folder that cannot be written."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._folder / LOCK, timeout=timeout, mode=0o600):
                yield
        except Timeout as error:
            raise RebuildRunning(
                f"Another process is rebuilding the index in {self._folder}; try again when it is done."
            ) from error
        except OSError as error:
            raise GalleryError(
                f"The index in {self._folder} cannot be written: {error.strerror or error}; "
                "look at the free space and the permissions there."
            ) from error


def _revision(name: str) -> int:
    return int(name.partition("-")[0])
