"""Segments of the trail: files of records, each chained in itself, each written by one process at a time.

A process takes one that nobody writes and that is whole, or begins another. So there are no more than
processes that write at once, and none waits for another. A new one begins with where the others stood.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from facevec.audit import lines
from facevec.errors import AuditUnavailable
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, open_file, replacing
from facevec.integrity import IntegrityKey
from facevec.types import SYSTEM, AuditEvent, AuditHead

OPENED, CLOSED, RESUMED = "audit opened", "audit closed", "audit resumed"
LOOKED_AT = 64
"""So many of the newest segments are asked whether they are free."""

_WRITING = os.O_WRONLY | getattr(os, "O_BINARY", 0)
_TAIL = 2 * lines.LONGEST_LINE


@dataclass(slots=True)
class Segment:
    """One that this process writes. `number`, `mark`: of its last record; -1 and none before the first."""

    folder: Path
    key: IntegrityKey
    ordinal: int
    lock: FileLock
    number: int = -1
    mark: str = lines.FIRST
    size: int = 0
    _file: int = field(default=-1)
    _head: int = field(default=-1)

    def append(self, at: datetime, event: AuditEvent) -> None:
        """Write a record, whole or not at all. Raises OSError."""
        line, mark = lines.written(self.key, self.ordinal, self.number + 1, at, event, self.mark)
        if len(line) > lines.LONGEST_LINE:
            raise OSError(f"a record of {len(line)} bytes is too long")
        try:
            self._write(line)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.number, self.mark, self.size = self.number + 1, mark, self.size + len(line)
        self._note_head()

    def sync(self) -> None:
        """What was written is on the disk after it. Raises OSError."""
        os.fsync(self._file)

    def head(self) -> AuditHead:
        """Where it ends now."""
        return AuditHead(self.ordinal, self.number, self.mark)

    def release(self) -> None:
        """Let another process go on with it."""
        for opened in (self._file, self._head):
            if opened >= 0:
                os.close(opened)
        self._file = self._head = -1
        self.lock.release()

    def _write(self, line: bytes) -> None:
        if os.write(self._file, line) < len(line):
            raise OSError("the record was not written whole")

    def end(self) -> bytes:
        """What is noted beside it: where it ends, and what vouches for that."""
        mark = self.mark or lines.NO_MARK
        vouched = lines.head_mark(self.key, self.ordinal, self.number, mark)
        return f"{self.number:+012d} {mark} {vouched}\n".encode()

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


def read_head(folder: Path, key: IntegrityKey, ordinal: int) -> AuditHead | None:
    """Where a segment ends, as was noted beside it; None where nobody with the key noted it."""
    try:
        number, mark, vouched = path_of(folder, ordinal).with_suffix(".head").read_text("ascii").split()
        is_ours = vouched == lines.head_mark(key, ordinal, int(number), mark)
        return AuditHead(ordinal, int(number), mark) if is_ours else None
    except (OSError, ValueError):
        return None


def taken(folder: Path, key: IntegrityKey, at: datetime, largest: int) -> Segment:
    """A segment for this process: one that is free, else a new one. Raises AuditUnavailable."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for ordinal in reversed(ordinals(folder)[-LOOKED_AT:]):
            segment = _continued(folder, key, ordinal, at, largest)
            if segment is not None:
                return segment
        return _begun(folder, key, at)
    except OSError as error:
        raise AuditUnavailable(
            f"Nothing can be recorded in {folder}: {error.strerror or error}; make room or set audit.folder, "
            'or let facevec go on without with audit.when_full = "continue".'
        ) from error


def _begun(folder: Path, key: IntegrityKey, at: datetime) -> Segment:
    others = [head for ordinal in ordinals(folder) if (head := read_head(folder, key, ordinal)) is not None]
    while True:
        ordinal = next(reversed(ordinals(folder)), 0) + 1
        segment = _locked(folder, key, ordinal)
        if segment is None:
            continue
        path = path_of(folder, ordinal)
        try:
            # First, so that a segment whose end nobody vouches for is none that a crash has left.
            with replacing(path.with_suffix(".head"), durable=False) as fresh:
                fresh.write_bytes(segment.end())
            segment._file = os.open(path, _WRITING | os.O_CREAT | os.O_EXCL | os.O_APPEND, OWNER_ONLY)
        except FileExistsError:
            segment.release()
            continue
        segment._head = os.open(path.with_suffix(".head"), _WRITING)
        heads = [[head.segment, head.number, head.mark] for head in others]
        segment.append(at, AuditEvent(OPENED, SYSTEM, detail={"others": heads}))
        return segment


def _continued(folder: Path, key: IntegrityKey, ordinal: int, at: datetime, largest: int) -> Segment | None:
    """The segment, if it is free, has room, and ends as facevec wrote it."""
    if path_of(folder, ordinal).stat().st_size >= largest:
        return None
    segment = _locked(folder, key, ordinal)
    if segment is None:
        return None
    try:
        if _take_up(segment, at):
            return segment
    except BaseException:
        segment.release()
        raise
    segment.release()
    return None


def _take_up(segment: Segment, at: datetime) -> bool:
    """Go on where it ends; False where it does not end as facevec wrote it, or was closed."""
    path = path_of(segment.folder, segment.ordinal)
    before, last, torn = _tail(path)
    head = read_head(segment.folder, segment.key, segment.ordinal)
    if last is None or head is None or not lines.holds(segment.key, segment.ordinal, last, before):
        return False
    record = lines.read(segment.ordinal, last)
    if record.event.what == CLOSED or record.number < head.number:
        return False
    segment.number, segment.mark = record.number, lines.mark_of(last) or ""
    segment.size = path.stat().st_size - torn
    segment._file = os.open(path, _WRITING | os.O_APPEND)
    segment._head = os.open(path.with_suffix(".head"), _WRITING)
    if torn:
        os.ftruncate(segment._file, segment.size)
        segment.append(at, AuditEvent(RESUMED, SYSTEM, detail={"bytes_of_a_crash": torn}))
    return True


def _tail(path: Path) -> tuple[str, bytes | None, int]:
    """(mark of the last record but one, the last whole line, bytes of one that was not written whole)."""
    with open_file(path) as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        rows = file.read().split(b"\n")
    torn = len(rows.pop())
    if not rows:
        return lines.FIRST, None, torn
    before = lines.mark_of(rows[-2] + b"\n") if len(rows) > 1 else lines.FIRST
    return before or lines.FIRST, rows[-1] + b"\n", torn


def _locked(folder: Path, key: IntegrityKey, ordinal: int) -> Segment | None:
    lock = FileLock(
        path_of(folder, ordinal).with_suffix(".lock"), timeout=0, mode=OWNER_ONLY, thread_local=False
    )
    try:
        lock.acquire()
    except Timeout:
        return None
    return Segment(folder, key, ordinal, lock)


def whole_lines(path: Path) -> Iterator[bytes]:
    """Every line, the last perhaps without its end. Raises OSError."""
    with open_file(path) as file:
        while line := file.readline(lines.LONGEST_LINE + 1):
            yield line
