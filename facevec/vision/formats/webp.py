"""WebP files (RFC 9649): the chunks that decoding needs."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL.WebPImagePlugin import WebPImageFile

from facevec.vision.formats.base import Damaged, loaded

_EXTENDED, _LOSSY, _LOSSLESS, _FRAME = b"VP8X", b"VP8 ", b"VP8L", b"ANMF"
_METADATA = frozenset({b"EXIF", b"XMP "})
_KNOWN = frozenset({_EXTENDED, _LOSSY, _LOSSLESS, _FRAME, b"ANIM", b"ALPH"}) | _METADATA
_ANIMATED, _TRANSPARENT = 0x02, 0x10
_SIDE = 0x3FFF


@dataclass(frozen=True, slots=True)
class WebP:
    """A WebP file taken apart; of an animation, the first frame. stream: what Pillow reads."""

    size: tuple[int, int]
    exif: bytes
    xmp: bytes
    stream: bytes

    @classmethod
    def parse(cls, data: bytes) -> WebP:
        """Raises Damaged."""
        chunks: dict[bytes, bytes] = {}
        for kind, body in _chunks(data):
            if kind in _KNOWN:
                chunks.setdefault(kind, body)
        try:
            size, needed = _needed(chunks)
        except (StopIteration, struct.error) as error:
            raise Damaged from error
        contents = b"WEBP" + b"".join(_whole(kind, body) for kind, body in needed.items())
        return cls(
            size=size,
            exif=chunks.get(b"EXIF", b""),
            xmp=chunks.get(b"XMP ", b""),
            stream=b"RIFF" + struct.pack("<I", len(contents)) + contents,
        )

    def image(self) -> Pillow.Image:
        return loaded(WebPImageFile, self.stream)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and contents of the chunks, whatever the file says of its own length; of metadata also a part."""
    position = 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        end = position + 8 + length
        if end > len(data) and kind not in _METADATA:
            return
        yield kind, data[position + 8 : end]
        position = end + length % 2


def _whole(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def _needed(chunks: Mapping[bytes, bytes]) -> tuple[tuple[int, int], dict[bytes, bytes]]:
    """The size of the picture, and the chunks it is made of. Raises StopIteration, struct.error."""
    kind = next(kind for kind in chunks if kind in (_LOSSY, _LOSSLESS, _FRAME))
    image = {kind: chunks[kind]}
    if _EXTENDED not in chunks:
        return _size(kind, chunks[kind]), image
    flags, width, height = struct.unpack_from("<B3x3s3s", chunks[_EXTENDED])
    animated = _ANIMATED if kind == _FRAME else 0
    extended = bytes((flags & _TRANSPARENT | animated, 0, 0, 0)) + width + height
    beside = b"ANIM" if animated else b"ALPH"
    ahead = {beside: chunks[beside]} if beside in chunks else {}
    size = (int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1)
    return size, {_EXTENDED: extended, **ahead, **image}


def _size(kind: bytes, body: bytes) -> tuple[int, int]:
    """Width and height of a picture that stands alone. Raises struct.error."""
    if kind == _LOSSY:
        width, height = struct.unpack_from("<HH", body, 6)
        return width & _SIDE, height & _SIDE
    (bits,) = struct.unpack_from("<I", body, 1)
    return (bits & _SIDE) + 1, (bits >> 14 & _SIDE) + 1
