"""What a process holds in memory stays there: keys, faces, templates."""

from __future__ import annotations

import ctypes
import sys

PR_SET_DUMPABLE = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """A crash of this process or of its children leaves no core dump.

    On Linux none but root looks into it either, as a debugger does. Without effect on Windows.
    """
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        # A limit of 0 does not hold where dumps are piped to a program; this does.
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
