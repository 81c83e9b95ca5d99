"""Files that are files; that are whole and on the disk, or not there; and what tells that one is the same."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import secrets
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

CHUNK = 1 << 20
KILOBYTE, MEGABYTE = 1000, 1_000_000
PREFIX_BYTES = 80
"""So much of a file's name stands in that of its successor, which must not become too long."""

NAME_BYTES = 255
"""The longest name of a file on most file systems; encrypted folders take shorter ones, and say so."""

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a disk, or of a user's share of it, that is full."""

OWNER_ONLY = 0o600
FOLDER = 0o755
PRIVATE_FOLDER = 0o700
READ_BY_ALL = 0o644
"""Of what is nobody's secret, and decides: only its owner writes it, whatever the umask."""

OTHERS_USE = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
"""What a mode may allow to somebody else than the owner."""

_SUCCESSOR = re.compile(r"\..+-[0-9a-f]{16}")
"""As `_successor` calls it."""

# Should a pipe take a file's place between the look at it and the opening, the opening still returns.
_READING = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
)

_FLOCK = "@hhqqi4x"
"""A lock as Linux takes it from a process that asks: kind, whence, start, length, no process."""

_NO_FILES = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def allows(mode: int, use: int) -> bool:
    """Whether a mode allows any of `use`; Windows keeps its permissions elsewhere."""
    return os.name != "nt" and bool(mode & use)


def size_in_words(count: int) -> str:
    """So many bytes, in the unit that leaves something before the point."""
    if count < KILOBYTE:
        return f"{count} bytes"
    value, unit = (count / KILOBYTE, "kB") if count < MEGABYTE else (count / MEGABYTE, "MB")
    return f"{round(value, 1):g} {unit}"


def open_file(path: Path) -> BinaryIO:
    """The file at `path`, for reading; links are followed.

    Raises IsADirectoryError, FileNotFoundError and other OSErrors, and OSError for whatever is no file:
    opening a pipe waits until somebody writes to it, and opening a device may set it in motion.
    """
    _require_file(path.stat().st_mode)
    descriptor = os.open(path, _READING)
    try:
        _require_file(os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal. Raises OSError."""
    with open_file(path) as file:
        return digest(file)


def digest(file: IO[bytes]) -> str:
    """SHA-256 of what is left to read in `file`, hexadecimal."""
    sha256 = hashlib.sha256()
    while chunk := file.read(CHUNK):
        sha256.update(chunk)
    return sha256.hexdigest()


@contextmanager
def creating(path: Path) -> Iterator[IO[bytes]]:
    """A new file, for its owner only; it is on the disk when the block ends. Raises OSError."""
    with open(path, "xb", opener=partial(os.open, mode=OWNER_ONLY)) as file:  # Path's has no opener
        yield file
        file.flush()
        os.fsync(file.fileno())


def create_whole(path: Path, content: bytes) -> None:
    """A new file for its owner only, whole or not at all; one that is there, or comes meanwhile, stays.

    Raises OSError.
    """
    path.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    fresh = _successor(path)
    try:
        with creating(fresh) as file:
            file.write(content)
        with suppress(FileExistsError):
            os.link(fresh, path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, *, mode: int = OWNER_ONLY, durable: bool = True) -> Iterator[Path]:
    """Where to write what takes the place of `path` at the end; on an error it vanishes instead.

    mode: of the new file, less what the umask takes. durable: what was written is on the disk before it
    takes the place, and then so is the place.
    Raises OSError.
    """
    # Not tempfile's: that makes files which only their owner can read.
    successor = _successor(path)
    try:
        successor.touch(mode, exist_ok=False)
        yield successor
        if durable:
            sync_file(successor)
        successor.replace(path)
        if durable:
            sync_folder(path.parent)
    finally:
        successor.unlink(missing_ok=True)


def leftovers(path: Path) -> Iterator[Path]:
    """What processes that died while they were replacing `path` left beside it."""
    return path.parent.glob(f"{glob.escape(_prefix(path))}*")


def is_successor(name: str) -> bool:
    """Whether a file is called as those that `replacing` writes, whatever place they are to take."""
    return _SUCCESSOR.fullmatch(name) is not None


def fitting(folder: Path, stem: str, end: str) -> Path:
    """The file `stem` + `end` in `folder`, which need not be there yet.

    A stem that is too long for the file system is cut between two characters, and told from others that
    begin alike by a hash of all of it.
    """
    longest = _longest_name(folder)
    if len(os.fsencode(stem + end)) <= longest:
        return folder / f"{stem}{end}"
    tail = f"~{hashlib.sha256(os.fsencode(stem)).hexdigest()[:12]}{end}"
    return folder / f"{_cut(stem, longest - len(os.fsencode(tail)))}{tail}"


def locks_hold(folder: Path) -> bool:
    """Whether a lock keeps others out there: on some network file systems it does nothing and says it did.

    True also where that cannot be tried: in a folder that is read-only, on a system without such locks. Both
    kinds are: those of the process, which SQLite takes, and those of the open file, which the index takes.
    """
    try:
        import fcntl
    except ImportError:  # Windows, whose locks are not optional
        return True
    own, others = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0), fcntl.LOCK_EX | fcntl.LOCK_NB
    try:
        with (
            NamedTemporaryFile(prefix=".locks-", dir=folder) as first,
            Path(first.name).open("rb+") as second,
        ):
            try:
                fcntl.flock(first, others)
                fcntl.lockf(first, others)
            except OSError:
                return False
            # A process does not keep itself out: the second asks as another would.
            asks: list[Callable[[], object]] = [lambda: fcntl.flock(second, others)]
            if hasattr(fcntl, "F_OFD_SETLK"):
                asks.append(lambda: fcntl.fcntl(second, fcntl.F_OFD_SETLK, own))
            return all(_is_refused(ask) for ask in asks)
    except OSError:
        return True


def _is_refused(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except OSError:
        return True
    return False


def sync_file(path: Path) -> None:
    """See what was written to the file at `path` on the disk. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """See renames inside `folder` on the disk; Windows does it by itself. Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_file(mode: int) -> None:
    """Raises OSError when an entry with this `st_mode` is none."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        kind = _NO_FILES.get(stat.S_IFMT(mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, not a file")


def _successor(path: Path) -> Path:
    return path.with_name(f"{_prefix(path)}{secrets.token_hex(8)}")


def _prefix(path: Path) -> str:
    return f".{_cut(path.name, PREFIX_BYTES)}-"


def _cut(name: str, longest: int) -> str:
    """As many characters of `name` as `longest` bytes hold."""
    while len(os.fsencode(name)) > longest:
        name = name[:-1]
    return name


def _longest_name(folder: Path) -> int:
    with suppress(AttributeError, OSError, ValueError):  # Windows, and file systems that do not say
        there = next(place for place in (folder, *folder.absolute().parents) if place.is_dir())
        return min(NAME_BYTES, os.pathconf(there, "PC_NAME_MAX"))
    return NAME_BYTES
