"""Reading the trail, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from facevec.audit import lines, segments
from facevec.audit.pruning import told_of
from facevec.integrity import IntegrityKey
from facevec.types import AuditFinding, AuditHead, AuditRecord


def verify(
    folder: Path, key: IntegrityKey, anchors: Sequence[AuditHead] = ()
) -> tuple[int, Sequence[AuditFinding]]:
    """(how many records facevec wrote, what is wrong). anchors: how far segments went once."""
    walk = Walk(folder, key, anchors)
    return sum(record.is_authentic for record in walk), walk.findings


class Walk:
    """Every record that can be read, segment by segment, whoever wrote it; once.

    `findings`: what is wrong, when all were gone through. What segments say of each other, and `anchors` of
    them, is held against them then.
    """

    def __init__(self, folder: Path, key: IntegrityKey, anchors: Sequence[AuditHead] = ()) -> None:
        self._folder, self._key = folder, key
        self._to_be = [(anchor, "an anchor") for anchor in anchors]
        self._marks: dict[tuple[int, int], str] = {}
        self._pruned: set[int] = set()
        self.findings: list[AuditFinding] = []

    def __iter__(self) -> Iterator[AuditRecord]:
        ordinals = segments.ordinals(self._folder)
        self._to_be += [one for ordinal in ordinals for one in self._others_told_by(ordinal)]
        self._asked_for = {(head.segment, head.number) for head, _ in self._to_be}
        for ordinal in ordinals:
            try:
                yield from self._segment(ordinal)
            except FileNotFoundError:
                self._to_be.append((AuditHead(ordinal, 0, ""), "the folder"))
            except OSError as error:
                self._tell(ordinal, f"It cannot be read: {error.strerror or error}.")
        self._hold_together({*ordinals}.intersection(segments.ordinals(self._folder)))

    def _others_told_by(self, ordinal: int) -> Iterator[tuple[AuditHead, str]]:
        """Where others stood when a segment was begun: its first record says so."""
        try:
            line, is_authentic = next(segments.marked_lines(self._folder, self._key, ordinal), (b"", False))
        except OSError:
            return
        if is_authentic:
            for one in lines.read(ordinal, line).event.detail.get("others", ()):
                yield AuditHead(*one), f"segment {ordinal}"

    def _segment(self, ordinal: int) -> Iterator[AuditRecord]:
        head = segments.read_head(self._folder, self._key, ordinal)  # it may be written meanwhile
        number, mark_at_head, is_whole = -1, None, True
        for line, is_authentic in segments.marked_lines(self._folder, self._key, ordinal):
            if not line.endswith(b"\n"):
                self._tell(ordinal, f"{len(line)} bytes after record {number} are of none.", is_fault=False)
                break
            if not is_authentic:
                if is_whole:
                    self._tell(
                        ordinal,
                        f"Record {number + 1} does not follow from the one before: somebody without the "
                        "integrity key changed, removed or moved records from there on.",
                    )
                is_whole = False
            try:
                record = replace(lines.read(ordinal, line), is_authentic=is_authentic)
            except ValueError:
                continue
            if is_authentic:
                number = record.number
                self._note(record, lines.mark_of(line) or "")
                if head is not None and number == head.number:
                    mark_at_head = lines.mark_of(line)
            yield record
        if is_whole:
            self._hold_head(ordinal, number, head, mark_at_head)

    def _note(self, record: AuditRecord, mark: str) -> None:
        if (record.segment, record.number) in self._asked_for:
            self._marks[record.segment, record.number] = mark
        self._pruned.update(told_of(record))

    def _hold_head(self, ordinal: int, number: int, head: AuditHead | None, mark: str | None) -> None:
        if head is None:
            self._tell(ordinal, "Where it ends was noted by nobody with the integrity key.")
        elif head.number > number:
            self._tell(ordinal, f"It ends at record {number}, and facevec wrote {head.number}.")
        elif head.number >= 0 and mark != head.mark:
            self._tell(ordinal, "It does not end as facevec noted.")

    def _hold_together(self, there: set[int]) -> None:
        for head, whose in self._to_be:
            if head.number < 0 or head.segment in self._pruned:  # one that held nothing may be gone
                continue
            if head.segment not in there:
                self._tell(head.segment, f"It is gone, and {whose} tells of it.")
            elif self._marks.get((head.segment, head.number)) != head.mark:
                self._tell(head.segment, f"It does not hold record {head.number} as {whose} tells of it.")

    def _tell(self, ordinal: int, sentence: str, *, is_fault: bool = True) -> None:
        self.findings.append(AuditFinding(ordinal, sentence, is_fault))
