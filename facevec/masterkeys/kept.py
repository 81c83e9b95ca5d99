"""The master key in a file of this machine, which a rotation in another process replaces meanwhile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from facevec.errors import MasterKeyUnavailable
from facevec.events import Events
from facevec.masterkeys.ring import RingFile
from facevec.masterkeys.secret import HeldKey

log = Events()


class FileKey:
    """`ports.MasterKey` of a `RingFile`: what a rotation has put there counts from the next call on."""

    def __init__(self, file: RingFile) -> None:
        self.file = file
        self._read: tuple[tuple[int, int, int], HeldKey] | None = None

    @property
    def name(self) -> str:
        return self.held().name

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return self.held().wrap(key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return self.held().unwrap(wrapped, context)

    def is_current(self, wrapped: bytes) -> bool:
        return self.held().is_current(wrapped)

    def held(self) -> HeldKey:
        """The keys as the file has them now. Raises MasterKeyUnavailable."""
        stamp = self._stamp()
        if self._read is None or self._read[0] != stamp:
            ring = self.file.read()
            if ring is None:
                raise self._missing()
            newest, *before = (key.secret for key in ring.keys)
            self._read = stamp, HeldKey(newest, str(self.file.path), tuple(before))
        return self._read[1]

    def _stamp(self) -> tuple[int, int, int]:
        try:
            status = self.file.path.stat()
        except OSError as error:
            raise self._missing() from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _missing(self) -> MasterKeyUnavailable:
        return MasterKeyUnavailable(
            f"The master key {self.file.path} is not there; bring it back with `facevec keys master "
            "restore FILE`, or set keys.folder and keys.master to where it is."
        )


def file_key(folder: Path, home: Path, registry: str, *, make_at: datetime | None) -> FileKey:
    """The key of a registry in `folder`, which must not lie in `home`: who copies that would have both.

    make_at: now, where one may be made, because nothing is wrapped under another.
    Raises MasterKeyUnavailable.
    """
    if home.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise MasterKeyUnavailable(
            f"The folder of master keys, {folder}, lies in FACEVEC_HOME, so every copy of that would open "
            "itself; set keys.folder to one elsewhere."
        )
    file = RingFile(folder, registry)
    if make_at is not None and file.read() is None:
        file.make(make_at)
        log.warning(
            "master_key_made",
            file=str(file.path),
            reason="Without it nobody reads the faces enrolled; `facevec keys master backup` copies it.",
        )
    key = FileKey(file)
    key.held()
    return key
