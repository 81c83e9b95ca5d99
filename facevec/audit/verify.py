"""Reading the trail, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from facevec.audit import lines, segments
from facevec.integrity import IntegrityKey
from facevec.types import AuditFinding, AuditHead, AuditRecord

PRUNED = "audit pruned"


def records(folder: Path) -> Iterator[AuditRecord]:
    """Every record that can be read, segment by segment, whoever wrote it. Raises OSError."""
    for ordinal in segments.ordinals(folder):
        for line in segments.whole_lines(segments.path_of(folder, ordinal)):
            try:
                yield lines.read(ordinal, line)
            except ValueError:
                continue


def heads(folder: Path, key: IntegrityKey) -> tuple[AuditHead, ...]:
    """Where each segment ends, as was noted."""
    ends = (segments.read_head(folder, key, ordinal) for ordinal in segments.ordinals(folder))
    return tuple(end for end in ends if end is not None and end.number >= 0)


def last_moment(path: Path, head: AuditHead) -> datetime | None:
    """When a closed segment was closed; None of one that is open, or that does not end as noted."""
    last = None
    for line in segments.whole_lines(path):
        last = line
    if last is None or lines.mark_of(last) != head.mark:
        return None
    try:
        record = lines.read(head.segment, last)
    except ValueError:
        return None
    return record.at if record.event.what == segments.CLOSED else None


def verify(
    folder: Path, key: IntegrityKey, anchors: Sequence[AuditHead] = ()
) -> tuple[int, tuple[AuditFinding, ...]]:
    """(how many records, what is wrong). anchors: how far segments went once, from elsewhere.

    Raises OSError.
    """
    walk = _Walk(folder, key)
    for ordinal in segments.ordinals(folder):
        walk.segment(ordinal)
    for anchor in anchors:
        walk.marks_to_be.append((anchor, "an anchor"))
    walk.hold_together()
    return walk.count, tuple(walk.findings)


class _Walk:
    """Goes through all segments; what they say of each other is held against them at the end."""

    def __init__(self, folder: Path, key: IntegrityKey) -> None:
        self._folder, self._key = folder, key
        self.count = 0
        self.findings: list[AuditFinding] = []
        self.marks: dict[tuple[int, int], str] = {}
        self.pruned: set[int] = set()
        self.marks_to_be: list[tuple[AuditHead, str]] = []

    def segment(self, ordinal: int) -> None:
        head = segments.read_head(self._folder, self._key, ordinal)  # it may be written meanwhile
        path = segments.path_of(self._folder, ordinal)
        before, number = lines.FIRST, -1
        for line in segments.whole_lines(path):
            if not line.endswith(b"\n"):
                self._tell(ordinal, f"{len(line)} bytes after record {number} are of none.", is_fault=False)
                break
            if not lines.holds(self._key, ordinal, line, before):
                self._tell(
                    ordinal,
                    f"Record {number + 1} does not follow from the one before: somebody without the "
                    "integrity key changed, removed or moved records from there on.",
                )
                return
            record = lines.read(ordinal, line)
            number, before = record.number, lines.mark_of(line) or ""
            self.count += 1
            self.marks[ordinal, number] = before
            self._note(record)
        self._hold_head(ordinal, number, head)

    def hold_together(self) -> None:
        there = set(segments.ordinals(self._folder))
        for head, whose in self.marks_to_be:
            if head.segment in self.pruned:
                continue
            if head.segment not in there:
                self._tell(head.segment, f"It is gone, and {whose} tells of it.")
            elif head.number >= 0 and self.marks.get((head.segment, head.number)) != head.mark:
                self._tell(head.segment, f"It does not hold record {head.number} as {whose} tells of it.")

    def _note(self, record: AuditRecord) -> None:
        if record.event.what == segments.OPENED:
            for one in record.event.detail.get("others", ()):
                self.marks_to_be.append((AuditHead(*one), f"segment {record.segment}"))
        elif record.event.what == PRUNED:
            self.pruned.update(one[0] for one in record.event.detail.get("segments", ()))

    def _hold_head(self, ordinal: int, number: int, head: AuditHead | None) -> None:
        if head is None:
            self._tell(ordinal, "Where it ends was noted by nobody with the integrity key.")
        elif head.number > number:
            self._tell(ordinal, f"It ends at record {number}, and facevec wrote {head.number}.")
        elif head.number >= 0 and self.marks.get((ordinal, head.number)) != head.mark:
            self._tell(ordinal, "It does not end as facevec noted.")

    def _tell(self, ordinal: int, sentence: str, *, is_fault: bool = True) -> None:
        self.findings.append(AuditFinding(ordinal, sentence, is_fault))
