"""The file that a backup or an archive becomes: it takes its name once it was read back from the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facevec.errors import OutputUnwritable
from facevec.files import replacing


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


def require_on_disk(path: Path) -> None:
    """See the file on the disk, and have what is read of it next come from there and not from memory, where
    the system can. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())  # what is not on the disk yet is not forgotten either
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
