"""Telling that memory ran out, whoever wanted it and however they say so."""

from __future__ import annotations

import errno
import mmap
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from facevec.errors import FacevecError, MemoryExhausted

SENTENCE = (
    "Memory ran out. Smaller pictures need less, and so do fewer at a time (server.concurrency) and a lower "
    "vision.max_side; otherwise allow facevec more."
)

# Of C++, the operating system, its loader of libraries, OpenVINO, torch and CUDA, OpenCV, Pillow, SQLite;
# a thread that cannot start wants memory for its stack, and OpenVINO's next calls wait for what never came.
_SAYINGS = re.compile(
    r"bad.alloc|out of memory|(insufficient|not enough) memory|can(not|'t) alloc|failed to allocate"
    r"|failed to map segment(?!.*not permitted)|can't start new thread|resource temporarily unavailable"
    r"|future_error: broken promise",
    re.IGNORECASE,
)

_ROOM = 64 * 2**20
"""Bytes that a process with memory left can still map."""


@contextmanager
def watched() -> Iterator[None]:
    """Turn what is raised inside the block because memory ran out into MemoryExhausted."""
    try:
        yield
    except Exception as error:
        exhaustion = exhaustion_in(error)
        if exhaustion is None or exhaustion is error:
            raise
        raise exhaustion from error


def exhaustion_in(error: BaseException) -> MemoryExhausted | None:
    """What to say instead of `error` if it came of this; the memory that its frames hold is given back."""
    if isinstance(error, MemoryExhausted):
        return error
    if not ran_out(error):
        return None
    let_go(error)
    return MemoryExhausted(SENTENCE)


def let_go(error: BaseException) -> None:
    """Give back what the frames hold that `error`, and what it came of, went through: a picture, mostly.

    For whoever keeps an error for later.
    """
    for link in _chain(error):
        traceback.clear_frames(link.__traceback__)


def ran_out(error: BaseException) -> bool:
    """Whether `error`, or what it came of, says that memory ran out."""
    return any(_says_so(link) for link in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError | MemoryExhausted):
        return True
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    if isinstance(error, SystemError):  # C that fails without a word, as at an import that found no memory
        return not _room_left()
    if isinstance(error, FacevecError):  # a sentence of ours may quote anything; what it came of may not
        return False
    driver = getattr(error, "orig", error)  # SQLAlchemy's own text quotes names
    is_the_servers = getattr(driver, "sqlstate", None) is not None
    return not is_the_servers and _SAYINGS.search(str(driver)) is not None


def _room_left() -> bool:
    try:
        mmap.mmap(-1, _ROOM).close()
    except OSError as error:
        return error.errno != errno.ENOMEM
    return True
