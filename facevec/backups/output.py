"""The file that a backup or an archive becomes: it takes its name once it was read back from the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

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


def forget(file: IO[bytes]) -> None:
    """Have what is read next of it come from the disk and not from memory, where the system can."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
