"""Which segments may be deleted, and what stays in the trail of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from facevec.audit import lines
from facevec.audit.segments import CLOSED, ends_of, heads, marked_lines, path_of
from facevec.integrity import IntegrityKey
from facevec.types import AuditHead, AuditRecord

PRUNED = "audit pruned"


def deletable(folder: Path, key: IntegrityKey, before: datetime, own: int) -> Sequence[AuditHead]:
    """Those that were closed before that moment, but for `own` and the newest: no number is given twice."""
    ends = heads(folder, key)
    return [end for end in ends[:-1] if end.segment != own and _is_closed(folder, key, end, before)]


def listed(folder: Path, key: IntegrityKey, gone: Sequence[AuditHead]) -> Mapping[str, Any]:
    """What the trail is told: where they ended, and what they told of those that went before them."""
    earlier = {ordinal for end in gone for ordinal in _told_in(folder, key, end.segment)}
    return {
        "segments": [[end.segment, end.number, end.mark] for end in gone],
        **({"earlier": list(_ranges(sorted(earlier)))} if earlier else {}),
    }


def told_of(record: AuditRecord) -> Iterator[int]:
    """The segments that a record says were deleted."""
    if record.event.what == PRUNED:
        yield from (one[0] for one in record.event.detail.get("segments", ()))
        for first, last in record.event.detail.get("earlier", ()):
            yield from range(first, last + 1)


def _told_in(folder: Path, key: IntegrityKey, ordinal: int) -> Iterator[int]:
    for line, is_authentic in marked_lines(folder, key, ordinal):
        if is_authentic and PRUNED.encode() in line:
            yield from told_of(lines.read(ordinal, line))


def _ranges(numbers: Iterable[int]) -> Iterator[list[int]]:
    """[first, last] of those that follow each other; ascending."""
    first = last = None
    for number in numbers:
        if last is not None and number == last + 1:
            last = number
            continue
        if first is not None and last is not None:
            yield [first, last]
        first = last = number
    if first is not None and last is not None:
        yield [first, last]


def _is_closed(folder: Path, key: IntegrityKey, end: AuditHead, before: datetime) -> bool:
    """Whether a segment ends as noted, with its being closed before that moment."""
    try:
        ends = ends_of(path_of(folder, end.segment))
    except OSError:
        return False
    last = ends.authentic(key, end.segment)
    if last is None or ends.torn or lines.mark_of(last) != end.mark:
        return False
    record = lines.read(end.segment, last)
    return record.event.what == CLOSED and record.at < before
