"""Room for the record of what was allowed, kept aside while there is some."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from facevec.files import OWNER_ONLY

BYTES = 256_000


class Reserve:
    """The file `reserve` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "reserve"

    def keep(self) -> None:
        """See that it is there. Raises OSError where there is no room for it."""
        if self.path.exists():
            return
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except FileExistsError:
            return
        try:
            is_whole = os.write(descriptor, bytes(BYTES)) == BYTES
            os.fsync(descriptor)
        except OSError:
            self.path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        if not is_whole:
            self.path.unlink(missing_ok=True)
            raise OSError("the disk is full")

    def give_up(self) -> bool:
        """Whether there was any."""
        with suppress(OSError):
            self.path.unlink()
            return True
        return False
