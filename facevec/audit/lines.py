"""A record as a line: JSON, and at its end the mark of all of it and of the record before."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime, timezone
from typing import Any

from facevec.integrity import IntegrityKey
from facevec.types import AuditEvent, AuditRecord

LONGEST_LINE = 1_000_000
FIRST = ""
"""The mark before a segment's first record."""

NO_MARK = "0" * 64
"""Stands for that where something has to."""

_MARK = re.compile(rb',"mark":"([0-9a-f]{64})"\}\n\Z')


def written(
    key: IntegrityKey, segment: int, number: int, at: datetime, event: AuditEvent, before: str
) -> tuple[bytes, str]:
    """(the line, its mark)."""
    moment = at.astimezone(timezone.utc).isoformat(timespec="microseconds")
    # Not `asdict`, which copies all that is in `detail`: that takes most of the time of a record.
    said = {each.name: getattr(event, each.name) for each in dataclasses.fields(event)}
    held = {name: value for name, value in said.items() if value not in (None, (), {})}
    body = json.dumps({"n": number, "at": moment, **held}, separators=(",", ":"), ensure_ascii=False).encode()
    mark = _mark(key, segment, before, body)
    return body[:-1] + f',"mark":"{mark}"}}\n'.encode(), mark


def mark_of(line: bytes) -> str | None:
    """The mark at the end of a line; None where there is none."""
    written_mark = _MARK.search(line)
    return None if written_mark is None else written_mark[1].decode()


def holds(key: IntegrityKey, segment: int, line: bytes, before: str) -> bool:
    """Whether facevec wrote this line after the record with the mark `before`."""
    mark = mark_of(line)
    return mark is not None and mark == _mark(key, segment, before, _MARK.sub(b"}", line))


def read(segment: int, line: bytes) -> AuditRecord:
    """Raises ValueError for what is no record, whoever wrote it."""
    try:
        fields: dict[str, Any] = json.loads(line)
        fields.pop("mark")
        number, at = int(fields.pop("n")), datetime.fromisoformat(fields.pop("at"))
        fields["worker_ids"] = tuple(map(int, fields.get("worker_ids", ())))
        event = AuditEvent(**fields)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from error
    texts = (
        event.what,
        event.by,
        event.outcome,
        event.source or "",
        event.request_id or "",
        event.purpose or "",
    )
    if (
        at.tzinfo is None
        or not isinstance(event.detail, dict)
        or not all(isinstance(one, str) for one in texts)
    ):
        raise ValueError("It holds other values than a record does.")
    return AuditRecord(segment, number, at, event)


def head_mark(key: IntegrityKey, segment: int, number: int, mark: str) -> str:
    """What vouches for where a segment ends."""
    return key.mark("audit-head", (b"%d" % segment, b"%d" % number, mark.encode())).hex()


def _mark(key: IntegrityKey, segment: int, before: str, body: bytes) -> str:
    return key.mark("audit", (b"%d" % segment, before.encode(), body)).hex()
