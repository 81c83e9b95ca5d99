"""What this process may use of the machine."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath


def processors(root: Path = Path("/")) -> int:
    """How many cores it may run on at a time.

    A container that is given half a processor sees all of them: threads beyond its quota only wait. root: of
    the file system.
    """
    seen = _seen()
    return min(seen, math.ceil(min(_quotas(root), default=seen)))


def planned_threads(root: Path = Path("/")) -> int:
    """How many threads to ask of who would take all cores; 0 where that is right, as without a quota."""
    count = processors(root)
    return 0 if count == _seen() else count


def multiplies_bytes(root: Path = Path("/")) -> bool:
    """Whether they multiply 8-bit numbers four at a time (VNNI); where Linux does not say so, they do not."""
    return not _VNNI.isdisjoint(_flags(root))


def multiplies_bytes_in_pairs(root: Path = Path("/")) -> bool:
    """Whether they do two at a time, sums of which are cut to 16 bits (AVX2 alone); as above.

    With AVX-512 and no VNNI other sums may be cut: nobody measured it.
    """
    flags = _flags(root)
    return "avx2" in flags and flags.isdisjoint({*_VNNI, "avx512f"})


_VNNI = frozenset({"avx512_vnni", "avx_vnni"})


def _flags(root: Path) -> frozenset[str]:
    try:
        # It says so of each core; the first will do.
        with (root / "proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            return frozenset(next((line for line in lines if line.startswith("flags")), "").split())
    except OSError:
        return frozenset()


def _seen() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """How many processors each control group of this process is given, its own and those around it."""
    for hierarchy, own in _groups(root):
        for group in (own, *own.parents):
            folder = root / "sys/fs/cgroup" / hierarchy / str(group).lstrip("/")
            # What cannot be read as a quota is none: "max", a folder that is not there.
            with suppress(OSError, ValueError, ZeroDivisionError):
                quota, period = _quota(folder)
                if quota > 0:
                    yield quota / period


def _groups(root: Path) -> list[tuple[str, PurePosixPath]]:
    """(folder of the hierarchy, group in it) of this process, where processors are shared out."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    parts = [line.split(":", 2) for line in lines]
    return [
        (controllers, PurePosixPath(group))
        for _, controllers, group in parts
        if not controllers or "cpu" in controllers.split(",")
    ]


def _quota(folder: Path) -> tuple[int, int]:
    """(microseconds, out of so many), in either version of control groups."""
    with suppress(FileNotFoundError):
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return int(quota), int(period)
    return int((folder / "cpu.cfs_quota_us").read_text()), int((folder / "cpu.cfs_period_us").read_text())


@contextmanager
def importing() -> Iterator[None]:
    """Looks for no garbage during the block: what is imported stays, and looking is a tenth of a start.

    All that there is by then counts as old after it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # or what somebody else froze would thaw
                gc.freeze()
                gc.unfreeze()
            gc.enable()
