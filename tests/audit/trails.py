"""An audit trail to write to, and what is read in its folder."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

from facevec.audit.trail import FileTrail, Manner
from facevec.audit.verify import Walk, verify
from facevec.integrity import IntegrityKey
from facevec.types import AuditEvent, AuditRecord
from tests.integrity import KEY

MANNER = Manner(segment_bytes=2_000, flush="second", when_full="refuse")

Keep = Callable[..., FileTrail]


def event(number: int, **more: object) -> AuditEvent:
    return AuditEvent("recognize", f"key:{number % 3}", worker_ids=(number,), **more)


def faults(folder: Path, key: IntegrityKey = KEY, **more: object) -> list[str]:
    return [one.sentence for one in verify(folder, key, **more)[1] if one.is_fault]


def records(folder: Path) -> Iterator[AuditRecord]:
    return iter(Walk(folder, KEY))


def written(folder: Path) -> list[int]:
    return sorted(one.event.worker_ids[0] for one in records(folder) if one.event.what == "recognize")


def fails(*_: object) -> None:
    """As a disk that is broken does."""
    raise OSError(errno.EIO, "Input/output error")
