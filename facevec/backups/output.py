"""The file that a backup or an archive becomes: it takes its name once it was read back from the disk."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from facevec.backups.sealed import MAGIC
from facevec.errors import OutputUnwritable
from facevec.files import is_successor, open_file, replacing

_DAY = 24 * 60 * 60
"""Seconds after which nobody writes on."""


@contextmanager
def becoming(path: Path, what: str) -> Iterator[Path]:
    """As `replacing`. what: what it is to be, for messages. Raises OutputUnwritable."""
    try:
        with replacing(path) as successor:
            yield successor
    except OSError as error:
        raise OutputUnwritable(
            f"The {what} {path} cannot be written: {error.strerror or error}; name another place."
        ) from error


def sweep(folder: Path) -> None:
    """Delete what backups that were killed have left in the folder, a day ago or more: no removal reaches it.

    Never raises.
    """
    with suppress(OSError):
        for file in folder.iterdir():
            with suppress(OSError):
                if is_successor(file.name) and file.stat().st_mtime < time.time() - _DAY:
                    with open_file(file) as opened:
                        is_ours = opened.read(len(MAGIC)) == MAGIC
                    if is_ours:
                        file.unlink()


def require_on_disk(path: Path) -> None:
    """See the file on the disk, and have what is read of it next come from there and not from memory, where
    the system can. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # what is not on the disk yet is not forgotten either
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
