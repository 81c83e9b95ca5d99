"""Files that nobody else reads, writes, or puts something in the place of."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from facevec.errors import MasterKeyUnavailable
from facevec.files import OTHERS_USE, OTHERS_WRITE, allows, open_file


def read_private(path: Path, longest: int) -> bytes | None:
    """What is in the file; None where there is none.

    Raises MasterKeyUnavailable where it cannot be read, or others have to do with it.
    """
    try:
        link = path.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    _require_own(path, link)
    try:
        folder = path.parent.stat()
        _require_own(path.parent, folder)
        if allows(folder.st_mode, OTHERS_WRITE):
            raise MasterKeyUnavailable(
                f"Others may put another file in the place of the master key {path}; run `chmod go-w "
                f"{path.parent}`."
            )
        with open_file(path) as file:
            status = os.fstat(file.fileno())
            _require_own(path, status)
            if allows(status.st_mode, OTHERS_USE):
                raise MasterKeyUnavailable(
                    f"Others may read the master key {path}: it may be known by now. Run `chmod 600 "
                    f"{path}`, then `facevec keys master rotate`."
                )
            content = file.read(longest + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(content) > longest:
        raise MasterKeyUnavailable(f"{path} is too long to hold a master key; put the right file there.")
    return content


def _require_own(path: Path, status: os.stat_result) -> None:
    """Owned by this user or by root, be it a link or what it leads to."""
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), 0):
        what = "The link" if stat.S_ISLNK(status.st_mode) else "What lies at"
        raise MasterKeyUnavailable(
            f"{what} {path} belongs to another user, who may exchange it; give it to the user of facevec."
        )


def _unreadable(path: Path, error: OSError) -> MasterKeyUnavailable:
    return MasterKeyUnavailable(f"The master key {path} cannot be read: {error.strerror or error}.")
