"""Segments of the trail: files of records, each chained in itself, each written by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from facevec.audit import lines
from facevec.files import open_file
from facevec.integrity import IntegrityKey
from facevec.types import SYSTEM, AuditEvent, AuditHead

OPENED, CLOSED, RESUMED = "audit opened", "audit closed", "audit resumed"
SUFFIXES = (".jsonl", ".head", ".lock")
"""Of the files of a segment."""

WRITING = os.O_WRONLY | getattr(os, "O_BINARY", 0)

_TAIL, _LONGEST_TAIL = 64_000, 2 * lines.LONGEST_LINE + 2
"""Bytes at a segment's end that are read, and where they hold no two records."""


@dataclass(frozen=True, slots=True)
class Room:
    """How far a segment goes: bytes, and the age of its first record; None is any age."""

    largest: int
    oldest: timedelta | None = None


@dataclass(slots=True)
class Segment:
    """One that this process writes. `number`, `mark`: of its last record; -1 and none before the first.

    begun: when its first was written, None before that.
    """

    folder: Path
    key: IntegrityKey
    ordinal: int
    lock: FileLock
    number: int = -1
    mark: str = lines.FIRST
    size: int = 0
    begun: datetime | None = None
    _file: int = field(default=-1)
    _head: int = field(default=-1)
    _is_torn: bool = field(default=False)

    def append(self, at: datetime, event: AuditEvent) -> None:
        """Write a record, whole or not at all. Raises OSError where it is not written."""
        line, mark = lines.written(self.key, self.ordinal, self.number + 1, at, event, self.mark)
        if len(line) > lines.LONGEST_LINE:
            raise OSError(f"a record of {len(line)} bytes is too long")
        try:
            if self._is_torn:
                self._mend()
            self._write(line)
        except OSError:
            self._is_torn = True
            with suppress(OSError):
                self._mend()
            raise
        self.number, self.mark, self.size = self.number + 1, mark, self.size + len(line)
        self.begun = self.begun or at
        with suppress(OSError):  # the record stands; its end is noted with the next
            self._note_head()

    def close(self, at: datetime) -> None:
        """Write its last record, on the disk. Raises OSError."""
        self.append(at, AuditEvent(CLOSED, SYSTEM))
        self.sync()

    def sync(self) -> None:
        """What was written is on the disk after it. Raises OSError."""
        os.fsync(self._file)

    def head(self) -> AuditHead:
        """Where it ends now."""
        return AuditHead(self.ordinal, self.number, self.mark)

    def is_full(self, room: Room, at: datetime) -> bool:
        """Whether it is to be closed; by a clock that went back, too."""
        old = room.oldest is not None and self.begun is not None and abs(at - self.begun) > room.oldest
        return old or self.size >= room.largest

    def release(self) -> None:
        """Let another process go on with it."""
        opened, self._file, self._head = (self._file, self._head), -1, -1
        for descriptor in opened:
            if descriptor >= 0:
                with suppress(OSError):
                    os.close(descriptor)
        self.lock.release()

    def end(self) -> bytes:
        """What is noted beside it: where it ends, and what vouches for that."""
        mark = self.mark or lines.NO_MARK
        vouched = lines.head_mark(self.key, self.ordinal, self.number, mark)
        return f"{self.number:+012d} {mark} {vouched}\n".encode()

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) < len(line):
            raise OSError("the record was not written whole")

    def _mend(self) -> None:
        """Take away what was written of a record that is none."""
        os.ftruncate(self._file, self.size)
        self._is_torn = False

    def _note_head(self) -> None:
        os.lseek(self._head, 0, os.SEEK_SET)
        os.write(self._head, self.end())


def ordinals(folder: Path) -> list[int]:
    """Of the segments that are there, ascending."""
    names = (path.stem for path in folder.glob("*.jsonl"))
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def path_of(folder: Path, ordinal: int) -> Path:
    """The file of a segment."""
    return folder / f"{ordinal:06d}.jsonl"


def delete(folder: Path, ordinal: int, *, lock: bool = True) -> None:
    """Every file of a segment; `lock` only where nobody may hold it. Raises OSError."""
    for suffix in SUFFIXES if lock else SUFFIXES[:-1]:
        path_of(folder, ordinal).with_suffix(suffix).unlink(missing_ok=True)


def read_head(folder: Path, key: IntegrityKey, ordinal: int) -> AuditHead | None:
    """Where a segment ends, as was noted beside it; None where nobody with the key noted it."""
    try:
        number, mark, vouched = path_of(folder, ordinal).with_suffix(".head").read_text("ascii").split()
        is_ours = vouched == lines.head_mark(key, ordinal, int(number), mark)
        return AuditHead(ordinal, int(number), mark) if is_ours else None
    except (OSError, ValueError):
        return None


def heads(folder: Path, key: IntegrityKey) -> tuple[AuditHead, ...]:
    """Where each segment that holds anything ends, as was noted."""
    ends = (read_head(folder, key, ordinal) for ordinal in ordinals(folder))
    return tuple(end for end in ends if end is not None and end.number >= 0)


def marked_lines(folder: Path, key: IntegrityKey, ordinal: int) -> Iterator[tuple[bytes, bool]]:
    """(a line, whether facevec wrote it after the one before), the last perhaps without its end.

    Raises OSError.
    """
    before = lines.FIRST
    with open_file(path_of(folder, ordinal)) as file:
        while line := file.readline(lines.LONGEST_LINE + 1):
            yield line, lines.holds(key, ordinal, line, before)
            before = lines.mark_of(line) or ""


class Ends(NamedTuple):
    """The first line; the mark of the last whole line but one, the last, and bytes that are of none."""

    first: bytes
    mark: str
    last: bytes | None
    torn: int

    def authentic(self, key: IntegrityKey, ordinal: int) -> bytes | None:
        """The last whole line, where facevec wrote it after the one before."""
        return self.last if self.last and lines.holds(key, ordinal, self.last, self.mark) else None


def ends_of(path: Path) -> Ends:
    """Of a segment, of which no more is read than its ends. Raises OSError."""
    size = path.stat().st_size
    with open_file(path) as file:
        first = file.readline(lines.LONGEST_LINE + 1)
        for tail in (_TAIL, _LONGEST_TAIL):
            file.seek(max(0, size - tail))
            *rows, torn = file.read().split(b"\n")
            whole = rows if tail >= size else rows[1:]  # of the first the beginning may be missing
            if whole[1:]:
                break
    if not rows:
        return Ends(first, lines.FIRST, None, len(torn))
    mark = lines.mark_of(rows[-2] + b"\n") if len(rows) > 1 else lines.FIRST
    return Ends(first, mark or lines.FIRST, rows[-1] + b"\n", len(torn))
