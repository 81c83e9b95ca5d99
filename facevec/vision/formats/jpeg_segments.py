"""The segments of a JPEG file (ITU-T T.81, annex B), whatever else stands between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from facevec.vision.formats.base import Damaged

SOI, EOI, SOS, DQT, DHT, DAC, DRI = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xCC, 0xDD
APP0, APP1, APP14, COM = 0xE0, 0xE1, 0xEE, 0xFE
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, DAC, 0xC8}
TABLES = frozenset({DQT, DHT, DAC, DRI})
METADATA = frozenset({*range(APP0, APP0 + 16), COM})

MAX_MARKERS = 10_000
"""Of what is no scan's data; a camera writes some dozens."""

MOST_CONDITIONS = 64
"""Bytes of a segment that conditions all tables of arithmetic coding."""

# Neither stuffing nor a restart nor filling: those belong to a scan's data.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_NEXT = re.compile(rb"\xff+[\xc0-\xfe]")
_END = bytes((0xFF, EOI))


class Segment(NamedTuple):
    """payload: what follows its length. data: the scan that follows it."""

    marker: int
    payload: bytes
    data: bytes = b""

    def header(self) -> bytes:
        """The segment as a file holds it, without the scan."""
        return bytes((0xFF, self.marker)) + (len(self.payload) + 2).to_bytes(2, "big") + self.payload


def segments(data: bytes) -> Iterator[Segment]:
    """The segments of the first picture in `data`, as far as they go; EOI is the last where it is there.

    Raises Damaged when something else stands in or after a scan, and when there is no end of markers.
    """
    before_scans = True
    position = 2
    for _ in range(MAX_MARKERS):
        mark = _MARKER.search(data, position)
        if mark is None:
            return
        marker, position = mark[1][0], mark.end()
        if marker in (SOI, EOI) and not before_scans:
            if marker == EOI:
                yield Segment(EOI, b"")
            return
        if marker == SOI:
            if data[position : position + 1] == b"\xff":
                position = _past_thumbnail(data, position)
            continue
        end = position + int.from_bytes(data[position : position + 2], "big")
        payload = data[position + 2 : end]
        if marker in METADATA:
            yield Segment(marker, payload)
            # Where its length leads to no marker it lies, and the next one is somewhere inside.
            position = end if _NEXT.match(data, end) else position
        elif end <= len(data) and _is_sound(marker, payload):
            before_scans &= marker != SOS
            position = _past_scan(data, end) if marker == SOS else end
            yield Segment(marker, payload, data[end:position])
        elif not before_scans:
            raise Damaged
    raise Damaged


def _past_thumbnail(data: bytes, start: int) -> int:
    """Where a picture ends that lies open in metadata: their length was a lie."""
    end = data.find(_END, start)
    return len(data) if end < 0 else end + len(_END)


def _past_scan(data: bytes, start: int) -> int:
    following = _MARKER.search(data, start)
    return following.start() if following else len(data)


def _is_sound(marker: int, payload: bytes) -> bool:
    """Whether the length of a segment suits what it holds."""
    if marker in FRAMES:
        return payload[5:6] != b"" and len(payload) == 6 + 3 * payload[5]
    if marker == SOS:
        return payload != b"" and len(payload) == 4 + 2 * payload[0]
    if marker == DQT:
        return _consists_of(payload, lambda table: 65 + 64 * (table[0] >> 4))
    if marker == DHT:
        return _consists_of(payload, lambda table: 17 + sum(table[1:17]))
    if marker == DAC:
        return len(payload) % 2 == 0 and len(payload) <= MOST_CONDITIONS
    return marker == DRI and len(payload) == 2  # noqa: PLR2004  # B.2.4.4


def _consists_of(payload: bytes, length: Callable[[bytes], int]) -> bool:
    """Whether a segment is a row of tables, or of none; `length` is that of the first in a row."""
    while payload:
        first = length(payload)
        if first > len(payload):
            return False
        payload = payload[first:]
    return True
