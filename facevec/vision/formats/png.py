"""PNG files (ISO/IEC 15948): the chunks that decoding needs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngImageFile

from facevec.vision.formats.base import Damaged, loaded

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PALETTE = 3
_CHANNELS = {0: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}
_TRANSPARENCY = {0: range(2, 3), 2: range(6, 7), _PALETTE: range(1, 257)}
"""Lengths that transparency may have, by colour type."""

_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column and row of each pass, and how many columns and rows apart its pixels are."""

_ONCE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf"})
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_XMP = b"XML:com.adobe.xmp"
_RAW_EXIF = b"Raw profile type exif"
"""Where ImageMagick kept Exif before there was a chunk for it: in hexadecimal, after three lines."""
_KEYWORDS = frozenset({_XMP, _RAW_EXIF})
_LONGEST_KEYWORD = 79

_MAX_TEXT = 1 << 20
"""Bytes of a compressed text that are unpacked; an orientation stands in far fewer."""


_PIECE = 1 << 20
"""Bytes unpacked at a time to count the rows."""


class _Chunk(NamedTuple):
    """checksum: as the file has it."""

    kind: bytes
    body: bytes
    checksum: bytes

    def whole(self) -> bytes:
        return struct.pack(">I", len(self.body)) + self.kind + self.body + self.checksum


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG file taken apart; of an animation, the picture that stands for it.

    head: what decoding needs before the rows. rows: packed. is_interlaced: whether they come in passes.
    length: bytes that the rows must have unpacked.
    """

    size: tuple[int, int]
    exif: bytes
    xmp: bytes
    head: bytes
    rows: bytes
    is_interlaced: bool
    length: int

    @classmethod
    def parse(cls, data: bytes) -> Png:
        """Raises Damaged."""
        first: dict[bytes, _Chunk] = {}
        rows: list[bytes] = []
        texts: dict[bytes, bytes] = {}
        for chunk in _chunks(data):
            if chunk.kind == b"IDAT":
                rows.append(chunk.body)
            elif chunk.kind in _ONCE:
                first.setdefault(chunk.kind, chunk)
            elif chunk.kind in _TEXTS:
                keyword = chunk.body[: _LONGEST_KEYWORD + 1].partition(b"\x00")[0]
                if keyword in _KEYWORDS - texts.keys():
                    texts[keyword] = _text(chunk)
        header = first.get(b"IHDR")
        if header is None or len(header.body) < 13:  # noqa: PLR2004  # 11.2.1
            raise Damaged
        width, height, depth, colour, interlace = struct.unpack(">IIBB2xB", header.body[:13])
        exif = first.get(b"eXIf")
        return cls(
            size=(width, height),
            exif=exif.body if exif else _from_hexadecimal(texts.get(_RAW_EXIF, b"")),
            xmp=texts.get(_XMP, b""),
            head=SIGNATURE + header.whole() + b"".join(_colours(first, colour)),
            rows=b"".join(rows),
            is_interlaced=bool(interlace),
            length=_length(width, height, depth * _CHANNELS.get(colour, 1), bool(interlace)),
        )

    def image(self) -> Pillow.Image:
        image = loaded(PngImageFile, self.head + _sealed(b"IDAT", self.rows) + _sealed(b"IEND", b""))
        # Pillow shows zeros for rows that are not there when the stream of the others has its end.
        is_suspect = (
            self.is_interlaced or not np.asarray(image.crop((0, image.height - 1, *image.size))).any()
        )
        if is_suspect and not self._has_every_row():
            raise Damaged
        return image

    def _has_every_row(self) -> bool:
        unpacking, rest, missing = zlib.decompressobj(), self.rows, self.length
        while missing > 0 and (piece := unpacking.decompress(rest, _PIECE)):
            rest = unpacking.unconsumed_tail
            missing -= len(piece)
        return missing <= 0


def _length(width: int, height: int, bits: int, is_interlaced: bool) -> int:
    """Bytes of all rows unpacked, each with the kind of its filter in front; bits: of a pixel."""
    passes = _PASSES if is_interlaced else ((0, 0, 1, 1),)
    sizes = (
        (len(range(left, width, across)), len(range(top, height, down))) for left, top, across, down in passes
    )
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks as far as their lengths lead, whatever their kinds; the last one may be cut short."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        end = position + 8 + length
        yield _Chunk(kind, data[position + 8 : end], data[end : end + 4])
        if kind == b"IEND":
            return
        position = end + 4


def _sealed(kind: bytes, body: bytes) -> bytes:
    """A chunk with its right checksum."""
    return _Chunk(kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))).whole()


def _colours(chunks: Mapping[bytes, _Chunk], colour: int) -> Iterator[bytes]:
    """Palette and transparency, where the colour type has them."""
    if colour == _PALETTE and b"PLTE" in chunks:
        yield chunks[b"PLTE"].whole()
    transparency = chunks.get(b"tRNS")
    if transparency is not None and len(transparency.body) in _TRANSPARENCY.get(colour, ()):
        yield _sealed(b"tRNS", transparency.body)


def _text(chunk: _Chunk) -> bytes:
    """What the chunk says; empty where it cannot be read."""
    rest = chunk.body.partition(b"\x00")[2]
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _unpacked(rest[1:])
    text = rest[2:].split(b"\x00", 2)[-1]
    return _unpacked(text) if rest[:1] == b"\x01" else text


def _unpacked(text: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(text, _MAX_TEXT)
    except zlib.error:
        return b""


def _from_hexadecimal(text: bytes) -> bytes:
    try:
        return bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:]))
    except ValueError:
        return b""
