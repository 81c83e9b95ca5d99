"""How much a JSON document may hold besides pictures; told from its bytes, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from facevec.files import size_in_words
from facevec.web.problems import bad_request, shortened, too_large

MAX_MARKS = 60_000
"""Quotation marks, commas and opening brackets: the labels of 300 faces in all styles take 26,000."""

MAX_BYTES = 1_000_000
"""Everything that is no picture."""

_BEFORE_VALUE = re.compile(rb"[ \t\r\n]*:")


def require_bounded(document: bytes, pictures: Collection[str] = ()) -> None:
    """Raises Problem 413 for a document that is large without its pictures, 400 where a field comes twice.

    pictures: fields of the outermost object whose texts do not count. A document that is no JSON may pass.
    """
    if sum(document.count(mark) for mark in (b'"', b",", b"[", b"{")) > MAX_MARKS:
        raise too_large(f"The body holds more than {MAX_MARKS} texts, values and names; send less at a time.")
    fields: set[str] = set()
    field = ""
    counted = len(document)
    for start, end, depth in _texts(document):
        if depth == 1 and _BEFORE_VALUE.match(document, end):
            field = document[start + 1 : end - 1].decode("utf-8", "replace")
            if field in fields:
                raise bad_request(f"{shortened(field)} came twice; send it once.")
            fields.add(field)
        elif field in pictures:
            counted -= end - start
    if counted > MAX_BYTES:
        raise too_large(
            f"The body holds more than {size_in_words(MAX_BYTES)} besides pictures; send less at a time."
        )


def _texts(document: bytes) -> Iterator[tuple[int, int, int]]:
    """Each text with its quotation marks: where it starts and ends, and inside how many brackets."""
    depth = end = 0
    while (start := document.find(b'"', end)) >= 0:
        between = document[end:start]
        depth += sum(map(between.count, (b"[", b"{"))) - sum(map(between.count, (b"]", b"}")))
        end = _end(document, start)
        yield start, end, depth


def _end(document: bytes, start: int) -> int:
    """Where the text that starts at `start` is over."""
    begin = start + 1
    while (end := document.find(b'"', begin)) >= 0:
        piece = document[begin:end]
        if (len(piece) - len(piece.rstrip(b"\\"))) % 2 == 0:
            return end + 1
        begin = end + 1
    return len(document)
