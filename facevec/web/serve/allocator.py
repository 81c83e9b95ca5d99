"""Giving memory back: glibc keeps what was freed, for more of the same; after a burst there is no more.

Without effect where the C library is another.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h
LARGE = 1 << 22
"""Pieces of this size, as large pictures are made of, go back to the system as soon as they are freed. glibc
learns from what is freed to keep pieces of up to twice the size, among which pictures leave holes."""

KEPT = 1 << 28
"""So much may lie free at a heap's end until `trim`: what ordinary pictures need again and again."""

ARENAS = 2
"""Heaps for threads to share; each keeps what it has."""


def keep_little() -> None:
    """From now on, in this process. Before threads have made heaps of their own."""
    set_option = _glibc("mallopt")
    if set_option is not None:
        for option, value in ((M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, KEPT), (M_ARENA_MAX, ARENAS)):
            set_option(option, value)


def trim() -> None:
    """Give back what is free now."""
    give_back = _glibc("malloc_trim")
    if give_back is not None:
        give_back(0)


def _glibc(name: str) -> Callable[..., Any] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
