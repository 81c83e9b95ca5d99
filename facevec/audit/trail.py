"""The trail that this process writes.

Two locks, taken in this order: `_lock` by whoever writes, `_flushing` by whoever brings to the disk or closes
what is written to. Nobody waits under either for anything but the disk.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from facevec.audit.anchors import Anchor
from facevec.audit.pruning import PRUNED, deletable, listed
from facevec.audit.reserve import Reserve
from facevec.audit.segments import Room, Segment, delete, heads, ordinals
from facevec.audit.taking import continued, taken
from facevec.errors import AuditUnavailable
from facevec.events import Events
from facevec.files import sync_folder
from facevec.integrity import IntegrityKey
from facevec.ports import Clock
from facevec.types import SYSTEM, AuditEvent, AuditHead

PICTURE_BYTES = 16
FLUSH_SECONDS = 1.0
SEGMENT_AGE = timedelta(days=1)
"""Where old records are deleted: they go by whole segments, so none may hold days of them."""

logger = Events()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a trail is kept. flush: `each` record is on the disk before its answer, or at least every `second`.
    when_full: whether nothing is done that cannot be recorded. anchor_file, anchor_command: who is told how
    far it goes. segment_age: of the first record in a segment, when it is closed; None is any."""

    segment_bytes: int
    flush: Literal["each", "second"]
    when_full: Literal["refuse", "continue"]
    anchor_file: Path | None = None
    anchor_command: str | None = None
    segment_age: timedelta | None = None


class FileTrail:
    """`ports.AuditTrail` in a folder; safe to share between threads, never across a fork."""

    def __init__(self, folder: Path, key: IntegrityKey, clock: Clock, manner: Manner) -> None:
        self._folder, self._key, self._clock, self._manner = folder, key, clock, manner
        self._room = Room(manner.segment_bytes, manner.segment_age)
        self._anchor = Anchor(clock, manner.anchor_file, manner.anchor_command)
        self._reserve = Reserve(folder)
        self._lock, self._flushing = threading.Lock(), threading.Lock()
        self._segment: Segment | None = None
        self._written = self._flushed = self._missed = 0
        self._not_flushed: OSError | None = None
        self._stop = threading.Event()

    def require(self) -> None:
        """Also sees that there is room for the record of what is done next, and that the disk takes it."""
        if self._manner.when_full == "continue":
            return
        with self._lock:
            self._taken()
            try:
                self._reserve.keep()
            except OSError as error:
                raise self._unavailable(error) from error
        if self._not_flushed is not None:
            self._bring_to_disk()

    def record(self, event: AuditEvent) -> AuditHead | None:
        with self._lock:
            try:
                head = self._append(event)
            except (AuditUnavailable, OSError) as error:
                self._missed += 1
                logger.error("audit_not_written", what=event.what, reason=str(error))  # noqa: TRY400  # a sentence
                if self._manner.when_full == "refuse":
                    raise self._unavailable(error) from error
                return None
        if self._manner.flush == "each":
            self._bring_to_disk()
        return head

    def picture(self, data: bytes) -> str:
        return self._key.mark("audit-picture", (data,))[:PICTURE_BYTES].hex()

    def anchor(self) -> Sequence[AuditHead]:
        ends = heads(self._folder, self._key)
        self._anchor.tell(ends)
        return ends

    def prune(self, days: int) -> int:
        at = self._clock()
        with self._lock:
            own = self._taken().ordinal
        for ordinal in ordinals(self._folder):  # what processes that are gone left open is closed in time
            left = None if ordinal == own else continued(self._folder, self._key, ordinal, at, self._room)
            if left is not None:
                left.release()
        gone = deletable(self._folder, self._key, at - timedelta(days=days), own)
        if not gone:
            return 0
        try:
            detail = listed(self._folder, self._key, gone)
            with self._lock:
                self._append(AuditEvent(PRUNED, SYSTEM, detail={**detail, "days": days}))
            self._flush()  # nothing is deleted before it is on the disk that it was
            for head in gone:
                delete(self._folder, head.segment)
            sync_folder(self._folder)
        except OSError as error:
            raise AuditUnavailable(
                f"Old records cannot be deleted: {error.strerror or error}; look at {self._folder}."
            ) from error
        return len(gone)

    def close(self) -> None:
        """Give the segment to the next."""
        with self._lock:
            self._stop.set()
            if self._segment is not None:
                self._let_go(self._segment)
        self._anchor.finish()

    def _append(self, event: AuditEvent) -> AuditHead:
        """Where it stands.

        Raises AuditUnavailable and OSError where it is not written; nothing that goes wrong afterwards.
        """
        if self._missed:
            event = replace(event, detail={**event.detail, "missed_before": self._missed})
        try:
            segment = self._write(event)
        except (AuditUnavailable, OSError):
            if not self._reserve.give_up():
                raise
            segment = self._write(event)
        self._missed = 0
        self._written += 1
        head = segment.head()
        self._turn_over_if_full(segment)
        return head

    def _write(self, event: AuditEvent) -> Segment:
        segment = self._taken()
        segment.append(self._clock(), event)
        return segment

    def _taken(self) -> Segment:
        if self._segment is None:
            self._segment = taken(self._folder, self._key, self._clock(), self._room)
            self._stop = threading.Event()
            keeper = threading.Thread(
                target=self._keep, args=(self._stop,), name="facevec-audit", daemon=True
            )
            keeper.start()
        return self._segment

    def _turn_over_if_full(self, segment: Segment) -> None:
        """Where it cannot be closed now, it is with the next record."""
        if not segment.is_full(self._room, self._clock()):
            return
        try:
            with self._flushing:
                segment.close(self._clock())
        except OSError as error:
            logger.error("audit_not_closed", segment=segment.ordinal, reason=str(error))  # noqa: TRY400  # a sentence
            return
        self._stop.set()
        self._let_go(segment)
        self._anchor.tell_meanwhile([segment.head()])

    def _let_go(self, segment: Segment) -> None:
        with self._flushing:
            try:
                segment.sync()
                self._flushed, self._not_flushed = self._written, None
            except OSError as error:
                self._note_not_flushed(error)
            self._segment = None
            segment.release()

    def _bring_to_disk(self) -> None:
        """All that was written by now. Raises AuditUnavailable where the settings want nothing done then."""
        try:
            self._flush()
        except OSError as error:
            if self._manner.when_full == "refuse":
                raise self._unavailable(error) from error

    def _flush(self) -> None:
        """One flush serves all who wait for it. Raises OSError."""
        ticket = self._written
        with self._flushing:
            if self._flushed >= ticket:
                return
            written, segment = self._written, self._segment
            try:
                if segment is not None:
                    segment.sync()
            except OSError as error:
                self._note_not_flushed(error)
                raise
            self._flushed, self._not_flushed = written, None

    def _note_not_flushed(self, error: OSError) -> None:
        """Once, until it is again."""
        if self._not_flushed is None:
            logger.error("audit_not_on_disk", reason=error.strerror or str(error))
        self._not_flushed = error

    def _keep(self, stop: threading.Event) -> None:
        """Flush, and close the segment in time, until `stop`."""
        while not stop.wait(FLUSH_SECONDS):
            if self._manner.flush == "second" and self._flushed < self._written:
                try:
                    self._flush()
                except OSError:
                    continue  # noted; tried again
            with self._lock:
                if self._segment is not None and not stop.is_set():
                    self._turn_over_if_full(self._segment)

    def _unavailable(self, error: Exception) -> AuditUnavailable:
        if isinstance(error, AuditUnavailable):
            return error
        reason = getattr(error, "strerror", None) or error
        return AuditUnavailable(
            f"What is done cannot be recorded in {self._folder} ({reason}), and the settings want nothing "
            'done then; make room, or set audit.when_full = "continue".'
        )


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
