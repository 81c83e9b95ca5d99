"""A file beside a SQLite database that keeps some room for removals, and says whose room it is.

To remove somebody takes room on the disk before it gives any: for the journal. The file is given up then. And
it names the database by device and inode: one that was copied here, or moved, is looked through before it is
used, for who copies what is being written gets half of it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine

from facevec.files import OWNER_ONLY, replacing
from facevec.registry import soundness
from facevec.registry.address import sqlite_file

BYTES = 4_000_000
"""The journal of a removal holds each page that it changes: of the worker's templates and kept photos."""

_SUFFIX = "-reserve"


class Reserve:
    """That of the database of `engine`; of none that is no file, where nothing happens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        file = sqlite_file(engine.url)
        self._database = file if file is not None and file.name else None

    @property
    def path(self) -> Path | None:
        database = self._database
        return None if database is None else database.with_name(f"{database.name}{_SUFFIX}")

    def give_up(self) -> bool:
        """Whether there was any room to give."""
        if self.path is None or not self.path.exists():
            return False
        with suppress(OSError):
            self.path.unlink()
            return True
        return False

    def keep(self) -> None:
        """Take the room, where there is some and it was not taken."""
        if self.path is not None and not self._is_of_here():
            with suppress(OSError), replacing(self.path, mode=OWNER_ONLY, durable=False) as successor:
                # Bytes that no file system makes smaller.
                successor.write_bytes(self._name() + os.urandom(BYTES))

    def settle(self) -> bool:
        """Look a database through that was not written here before; what is damaged is logged each time.

        Whether it was one.
        """
        if self.path is None or self._is_of_here():
            return False
        if not soundness.tell(self._engine):
            self.keep()
        return True

    def _is_of_here(self) -> bool:
        with suppress(OSError):
            assert self.path is not None
            with self.path.open("rb") as file:
                return file.readline(100) == self._name()
        return False

    def _name(self) -> bytes:
        assert self._database is not None
        status = self._database.stat()
        return b"facevec %d:%d\n" % (status.st_dev, status.st_ino)
