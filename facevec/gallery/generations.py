"""Generations on disk: built beside, verified, swapped in whole, and never opened damaged.

    index/CURRENT                 the name of the generation in use
    index/<revision>-<digest>/    a generation; see `manifest`
    index/.building-<revision>-*/ a build that runs, or that died
    index/.lock                   held while one process builds
    index/.swap                   held for the moment in which one is made current, or some are deleted

A removal does not wait for a build: it takes away what holds the face, the unfinished build as well, which
then begins anew. What is in clear though the registry is encrypted by now is neither made current nor
opened, and goes with the next start. The locks are the operating system's: they go when their holder dies,
however it dies.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from facevec.errors import FacevecError, GalleryError, RebuildRunning
from facevec.events import Events
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, leftovers, locks_hold, replacing, sync_folder
from facevec.gallery import manifest, sealing
from facevec.gallery.draft import Draft
from facevec.gallery.segment import Segment
from facevec.integrity import IntegrityKey
from facevec.ports import KeyWrap
from facevec.types import Generation, Snapshot

CURRENT = "CURRENT"
LOCK = ".lock"
SWAP_LOCK = ".swap"
TEMPORARY = ".building-"
NAME = re.compile(r"(\d{1,18})-[0-9a-f]{16}")

BUILD_WAIT = 1.0
SWAP_WAIT = 60.0
"""Seconds that are waited for each lock."""

logger = Events()


class _Built(NamedTuple):
    folder: Path
    generation: Generation


class Generations:
    """The folder of generations; implements `ports.GenerationStore`.

    key: marks a generation; none without its mark is opened. swap_wait: seconds that are waited for another
    process that swaps or deletes. wrap: what the keys of generations are wrapped by; None encrypts none.
    """

    def __init__(
        self, folder: Path, key: IntegrityKey, swap_wait: float = SWAP_WAIT, wrap: KeyWrap | None = None
    ) -> None:
        self._folder = folder
        self._key = key
        self._wrap = wrap
        self._swap_wait = swap_wait

    def publish(self, read: Callable[[Draft], Snapshot], newest_removal: Callable[[], int]) -> Generation:
        with self._locked(LOCK, BUILD_WAIT):
            if not locks_hold(self._folder):
                raise GalleryError(
                    f"Locks in {self._folder} do nothing, as on some network file systems; put FACEVEC_HOME "
                    "on a disk of this machine."
                )
            self._clear_leftovers()
            with Draft(self._folder, prefix=TEMPORARY) as draft:
                return self._published(draft, read, newest_removal)

    def _published(
        self, draft: Draft, read: Callable[[Draft], Snapshot], newest_removal: Callable[[], int]
    ) -> Generation:
        while True:
            snapshot = read(draft)
            built = self._build(snapshot, draft)
            with self._locked(SWAP_LOCK, self._swap_wait):
                removal = newest_removal()
                if built is not None and self._swap_in(built, snapshot, removal):
                    return built.generation

    def turn(self) -> object:
        """What is another one whenever a generation was made current, or was discarded; None without any."""
        with suppress(OSError):
            entry = (self._folder / CURRENT).stat()
            return entry.st_ino, entry.st_mtime_ns
        return None

    def load(self, contract: str) -> Generation | None:
        opened = self.open(contract, whole=True)
        return None if opened is None else opened[0]

    def open(self, contract: str, *, whole: bool = False) -> tuple[Generation, Segment] | None:
        """As `load`, and the rows, whose references are verified whenever they are read. whole: now, too."""
        name = self._pointed_at()
        if name is None:
            return None
        if not NAME.fullmatch(name):
            raise GalleryError(f"{CURRENT} in the index names no generation; run `facevec index rebuild`.")
        opened = manifest.read(self._folder / name, name, self._key, self._wrap, whole=whole)
        if self._is_exposed(self._folder / name):
            raise GalleryError(
                f"Generation {name} is in clear, and the registry is encrypted by now; run `facevec index "
                "rebuild`."
            )
        snapshot = opened[0].snapshot
        if snapshot.contract != contract:
            raise GalleryError(
                f"Generation {name} holds embeddings of another contract ({snapshot.model}, "
                f"{snapshot.contract}); run `facevec index rebuild`."
            )
        return opened

    def discard(self, before_revision: int) -> int:
        with self._in_words():
            if not self._folder.is_dir() or not self._holds_any(before_revision):
                return 0
        with self._locked(SWAP_LOCK, self._swap_wait):
            old = self._old(before_revision)
            if self._pointed_at() in old:
                (self._folder / CURRENT).unlink()
            self._delete(old)
            for path in self._folder.glob(f"{TEMPORARY}*"):
                if _revision(path.name.removeprefix(TEMPORARY)) < before_revision:
                    # The build that runs notices, and begins anew.
                    _remove(path, ignore_errors=True)
        with suppress(RebuildRunning), self._locked(LOCK, 0.0):
            self._clear_leftovers()
        return len(old)

    def sweep(self, before_revision: int) -> None:
        try:
            self.discard(before_revision)
        except FacevecError as error:
            logger.warning("index_not_swept", reason=str(error))

    def _build(self, snapshot: Snapshot, draft: Draft) -> _Built | None:
        """Write what is in `draft`, and read it back to the last byte against the checksums of what was
        meant.

        None where `discard` took it away meanwhile.
        """
        folder = self._folder / f"{TEMPORARY}{snapshot.revision}-{secrets.token_hex(8)}"
        folder.mkdir(mode=PRIVATE_FOLDER)
        try:
            name = manifest.write(folder, snapshot, draft.rows(), self._key, self._wrap)
            generation, _ = manifest.read(folder, name, self._key, self._wrap, whole=True)
            return _Built(folder, generation)
        except BaseException as error:
            taken_away = not folder.is_dir()
            _remove(folder, ignore_errors=True)
            if taken_away and isinstance(error, OSError | GalleryError):
                return None
            raise

    def _swap_in(self, built: _Built, snapshot: Snapshot, removal: int) -> bool:
        """Make it current, unless a removal or an encryption overtook it; then nothing is left of it."""
        if snapshot.revision < removal or not built.folder.is_dir() or self._is_exposed(built.folder):
            _remove(built.folder, ignore_errors=True)
            return False
        name = built.generation.name
        built.folder.rename(self._folder / name)
        sync_folder(self._folder)
        before = self._pointed_at()
        self._set_current(name)
        others = [other for other in self._names() if other != name]
        # One that is newer is of another history: the registry went back.
        kept = range(removal, snapshot.revision + 1)
        self._delete(other for other in others if other != before or _revision(other) not in kept)
        return True

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
            _remove(self._folder / name)
        sync_folder(self._folder)

    def _holds_any(self, before_revision: int) -> bool:
        """Whether there is anything to delete: a folder that is read-only may hold nothing."""
        return bool(self._old(before_revision)) or any(self._leftovers())

    def _old(self, before_revision: int) -> list[str]:
        """Those that nobody may read any more."""
        return [
            name
            for name in self._names()
            if _revision(name) < before_revision or self._is_exposed(self._folder / name)
        ]

    def _is_exposed(self, folder: Path) -> bool:
        """Whether a generation lies there in clear though the registry is encrypted. Raises RegistryError."""
        return self._wrap is not None and not sealing.is_sealed(folder) and self._wrap.encrypts()

    def _leftovers(self) -> Iterator[Path]:
        yield from self._folder.glob(f"{TEMPORARY}*")
        yield from leftovers(self._folder / CURRENT)

    def _clear_leftovers(self) -> None:
        """Remove what a build that died left; under the lock there is no other."""
        for path in [*self._leftovers()]:
            if path.is_dir():
                _remove(path)
            else:
                path.unlink()

    @contextmanager
    def _locked(self, lock: str, timeout: float) -> Iterator[None]:
        """Hold a lock; raises RebuildRunning, and GalleryError for a folder that cannot be written."""
        with self._in_words():
            self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with FileLock(self._folder / lock, timeout=timeout, mode=OWNER_ONLY):
                yield

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """What the folder refuses becomes RebuildRunning or GalleryError."""
        try:
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


def _remove(folder: Path, *, ignore_errors: bool = False) -> None:
    """Destroy the generation's key, then delete it. Raises OSError."""
    try:
        sealing.destroy(folder)
    except OSError:
        if not ignore_errors:
            raise
    shutil.rmtree(folder, ignore_errors=ignore_errors)


def _revision(name: str) -> int:
    """The revision that a generation's name begins with; 0 in a name of another kind."""
    number = name.partition("-")[0]
    return int(number) if number.isdecimal() else 0
