"""The trail that this process writes."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from facevec.audit import segments
from facevec.audit.segments import Segment
from facevec.audit.verify import PRUNED, heads, last_moment
from facevec.errors import AuditUnavailable
from facevec.events import Events
from facevec.files import OWNER_ONLY
from facevec.integrity import IntegrityKey
from facevec.ports import Clock
from facevec.types import SYSTEM, AuditEvent, AuditHead

RESERVE_BYTES = 256_000
PICTURE_BYTES = 16
FLUSH_SECONDS = 1.0
ANCHOR_SECONDS = 30

logger = Events()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a trail is kept. flush: `each` record is on the disk before its answer, or at least every `second`.
    when_full: whether nothing is done that cannot be recorded. anchor_file, anchor_command: who is told how
    far it goes."""

    segment_bytes: int
    flush: Literal["each", "second"]
    when_full: Literal["refuse", "continue"]
    anchor_file: Path | None = None
    anchor_command: str | None = None


class FileTrail:
    """`ports.AuditTrail` in a folder; safe to share between threads, never across a fork."""

    def __init__(self, folder: Path, key: IntegrityKey, clock: Clock, manner: Manner) -> None:
        self._folder, self._key, self._clock, self._manner = folder, key, clock, manner
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._segment: Segment | None = None
        self._written = self._flushed = self._missed = 0
        self._stop = threading.Event()
        self._flusher: threading.Thread | None = None

    def require(self) -> None:
        """Also sees that there is room for the record of what is done next."""
        if self._manner.when_full == "continue":
            return
        with self._lock:
            self._taken()
            self._keep_reserve()

    def record(self, event: AuditEvent) -> None:
        try:
            with self._lock:
                ticket = self._append(event)
            if self._manner.flush == "each":
                self._flush(ticket)
        except (AuditUnavailable, OSError) as error:
            self._missed += 1
            logger.error("audit_not_written", what=event.what, reason=str(error))  # noqa: TRY400  # a sentence says it
            if self._manner.when_full == "refuse":
                raise _unavailable(self._folder, error) from error

    def picture(self, data: bytes) -> str:
        return self._key.mark("audit-picture", (data,))[:PICTURE_BYTES].hex()

    def anchor(self) -> Sequence[AuditHead]:
        ends = heads(self._folder, self._key)
        self._tell(ends)
        return ends

    def prune(self, days: int) -> int:
        before = self._clock() - timedelta(days=days)
        gone: list[AuditHead] = []
        with self._lock:
            own = self._taken().ordinal
        for head in heads(self._folder, self._key):
            path = segments.path_of(self._folder, head.segment)
            moment = None if head.segment == own else last_moment(path, head)
            if moment is not None and moment < before:
                gone.append(head)
        if gone:
            listed = [[head.segment, head.number, head.mark] for head in gone]
            self.record(AuditEvent(PRUNED, SYSTEM, detail={"segments": listed, "days": days}))
        for head in gone:
            for suffix in (".jsonl", ".head", ".lock"):
                segments.path_of(self._folder, head.segment).with_suffix(suffix).unlink(missing_ok=True)
        return len(gone)

    def close(self) -> None:
        """Give the segment to the next."""
        self._stop.set()
        with self._lock:
            segment, self._segment = self._segment, None
            if segment is not None:
                with suppress(OSError):
                    segment.sync()
                segment.release()

    def _append(self, event: AuditEvent) -> int:
        segment = self._taken()
        if self._missed:
            event = replace(event, detail={**event.detail, "missed_before": self._missed})
        try:
            segment.append(self._clock(), event)
        except OSError:
            if not self._give_up_reserve():
                raise
            segment.append(self._clock(), event)
        self._missed = 0
        self._written += 1
        if segment.size >= self._manner.segment_bytes:
            self._turn_over(segment)
        return self._written

    def _taken(self) -> Segment:
        if self._segment is None:
            self._segment = segments.taken(self._folder, self._key, self._clock(), self._manner.segment_bytes)
            self._stop.clear()
            if self._manner.flush == "second" and (self._flusher is None or not self._flusher.is_alive()):
                self._flusher = threading.Thread(target=self._flush_on, name="facevec-audit", daemon=True)
                self._flusher.start()
        return self._segment

    def _turn_over(self, segment: Segment) -> None:
        """Close a segment that is full."""
        segment.append(self._clock(), AuditEvent(segments.CLOSED, SYSTEM))
        segment.sync()
        self._segment = None
        segment.release()
        try:
            self._tell([segment.head()])
        except AuditUnavailable as error:
            logger.error("audit_not_anchored", reason=str(error))  # noqa: TRY400  # a sentence says it

    def _flush(self, ticket: int) -> None:
        """All that was written by `ticket` is on the disk: one flush serves all who wait for it."""
        with self._flushing:
            if self._flushed >= ticket:
                return
            written, segment = self._written, self._segment
            if segment is not None:
                segment.sync()
            self._flushed = written

    def _flush_on(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            if self._flushed < self._written:
                with suppress(OSError):
                    self._flush(self._written)

    @property
    def _reserve(self) -> Path:
        return self._folder / "reserve"

    def _keep_reserve(self) -> None:
        if self._reserve.exists():
            return
        try:
            descriptor = os.open(self._reserve, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
            try:
                os.write(descriptor, bytes(RESERVE_BYTES))
                os.fsync(descriptor)
                is_whole = os.fstat(descriptor).st_size == RESERVE_BYTES
            finally:
                os.close(descriptor)
        except FileExistsError:
            return
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            raise _unavailable(self._folder, error) from error
        if not is_whole:
            self._reserve.unlink(missing_ok=True)
            raise _unavailable(self._folder, OSError("the disk is full"))

    def _give_up_reserve(self) -> bool:
        with suppress(OSError):
            self._reserve.unlink()
            return True
        return False

    def _tell(self, ends: Sequence[AuditHead]) -> None:
        moment = self._clock().isoformat(timespec="seconds")
        text = "".join(f"{moment} {end.segment} {end.number} {end.mark}\n" for end in ends)
        try:
            if self._manner.anchor_file is not None:
                with self._manner.anchor_file.open("a", encoding="ascii") as file:
                    file.write(text)
            if self._manner.anchor_command is not None:
                subprocess.run(  # noqa: S602  # the operator's own line, as in a crontab
                    self._manner.anchor_command,
                    shell=True,
                    input=text.encode(),
                    check=True,
                    timeout=ANCHOR_SECONDS,
                    stdout=subprocess.DEVNULL,
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise AuditUnavailable(f"The anchor of the audit trail could not be told: {error}.") from error


class NoTrail:
    """`ports.AuditTrail` where none is kept."""

    def require(self) -> None: ...

    def record(self, event: AuditEvent) -> None: ...

    def picture(self, data: bytes) -> str:  # noqa: ARG002  # nobody is told of it
        return ""

    def anchor(self) -> Sequence[AuditHead]:
        return ()

    def prune(self, days: int) -> int:  # noqa: ARG002  # there is none
        return 0

    def close(self) -> None: ...


def _unavailable(folder: Path, error: Exception) -> AuditUnavailable:
    if isinstance(error, AuditUnavailable):
        return error
    return AuditUnavailable(
        f"What is done cannot be recorded in {folder} ({getattr(error, 'strerror', None) or error}), and the "
        'settings want nothing done then; make room, or set audit.when_full = "continue".'
    )
