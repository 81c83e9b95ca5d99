"""Which segment a process writes: one that nobody writes and that is whole, or another that it begins.

So there are no more than processes that write at once, and none waits for another. A new one begins with
where the others stood.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from facevec.audit import lines
from facevec.audit.segments import (
    CLOSED,
    OPENED,
    RESUMED,
    WRITING,
    Room,
    Segment,
    delete,
    ends_of,
    heads,
    ordinals,
    path_of,
    read_head,
)
from facevec.errors import AuditUnavailable
from facevec.events import Events
from facevec.files import OWNER_ONLY, PRIVATE_FOLDER, replacing, sync_folder
from facevec.integrity import IntegrityKey
from facevec.types import SYSTEM, AuditEvent

LOOKED_AT = 64
"""So many of the newest segments are asked whether they are free."""

logger = Events()


def taken(folder: Path, key: IntegrityKey, at: datetime, room: Room) -> Segment:
    """A segment for this process: one that is free, else a new one. Raises AuditUnavailable.

    What cannot be opened is passed over: `verify` tells of it.
    """
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for ordinal in reversed(ordinals(folder)[-LOOKED_AT:]):
            segment = continued(folder, key, ordinal, at, room)
            if segment is not None:
                return segment
        return _begun(folder, key, at)
    except OSError as error:
        raise AuditUnavailable(
            f"Nothing can be recorded in {folder}: {error.strerror or error}; make room or set audit.folder, "
            'or let facevec go on without with audit.when_full = "continue".'
        ) from error


def continued(folder: Path, key: IntegrityKey, ordinal: int, at: datetime, room: Room) -> Segment | None:
    """The segment, if it is free and ends as facevec wrote it; one that has no room is closed instead."""
    try:
        segment = _locked(folder, key, ordinal)
        if segment is None:
            return None
        if _is_taken_up(segment, at, room):
            return segment
    except FileNotFoundError:
        return None  # deleted meanwhile, because it is old
    except OSError as error:
        logger.warning("audit_segment_passed_over", segment=ordinal, reason=error.strerror or str(error))
    return None


def _begun(folder: Path, key: IntegrityKey, at: datetime) -> Segment:
    others = heads(folder, key)
    while True:
        ordinal = next(reversed(ordinals(folder)), 0) + 1
        segment = _locked(folder, key, ordinal)
        if segment is None:
            continue
        path = path_of(folder, ordinal)
        try:
            # First, so that a segment whose end nobody vouches for is none that a crash has left.
            with replacing(path.with_suffix(".head")) as fresh:
                fresh.write_bytes(segment.end())
            segment._file = os.open(path, WRITING | os.O_CREAT | os.O_EXCL | os.O_APPEND, OWNER_ONLY)
        except FileExistsError:
            segment.release()
            continue
        except BaseException:
            segment.release()
            raise
        try:
            segment._head = os.open(path.with_suffix(".head"), WRITING)
            listed = [[head.segment, head.number, head.mark] for head in others]
            segment.append(at, AuditEvent(OPENED, SYSTEM, detail={"others": listed}))
            sync_folder(folder)
        except BaseException:
            with suppress(OSError):  # nothing is recorded in it: a full disk gets no file for each try
                delete(folder, ordinal, lock=False)
            segment.release()
            raise
        return segment


def _is_taken_up(segment: Segment, at: datetime, room: Room) -> bool:
    """Whether it is open now and goes on where it ended; else it is let go of."""
    try:
        if _is_open_now(segment, at):
            if not segment.is_full(room, at):
                return True
            segment.close(at)
    except BaseException:
        segment.release()
        raise
    segment.release()
    return False


def _is_open_now(segment: Segment, at: datetime) -> bool:
    """Open it where it ends; False where it does not end as facevec wrote it, or was closed."""
    path = path_of(segment.folder, segment.ordinal)
    ends = ends_of(path)
    head = read_head(segment.folder, segment.key, segment.ordinal)
    last = ends.authentic(segment.key, segment.ordinal)
    if last is None or head is None:
        return False
    record = lines.read(segment.ordinal, last)
    if record.event.what == CLOSED or record.number < head.number:
        return False
    if lines.holds(segment.key, segment.ordinal, ends.first, lines.FIRST):
        segment.begun = lines.read(segment.ordinal, ends.first).at
    segment.number, segment.mark = record.number, lines.mark_of(last) or ""
    segment.size = path.stat().st_size - ends.torn
    segment._file = os.open(path, WRITING | os.O_APPEND)
    segment._head = os.open(path.with_suffix(".head"), WRITING)
    if ends.torn:
        os.ftruncate(segment._file, segment.size)
        segment.append(at, AuditEvent(RESUMED, SYSTEM, detail={"bytes_of_a_crash": ends.torn}))
    return True


def _locked(folder: Path, key: IntegrityKey, ordinal: int) -> Segment | None:
    lock = FileLock(
        path_of(folder, ordinal).with_suffix(".lock"), timeout=0, mode=OWNER_ONLY, thread_local=False
    )
    try:
        lock.acquire()
    except Timeout:
        return None
    return Segment(folder, key, ordinal, lock)
