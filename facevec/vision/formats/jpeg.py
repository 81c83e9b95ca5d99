"""JPEG files: the segments that decoding needs, and whether every row is there.

libjpeg shows grey where data is missing, and says so to nobody that Pillow lets ask. Where a file
does not mark its end, or its last pixel is that grey, this module asks another way: if the rows are
all there, then nothing that might follow the data changes a pixel.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL import ImageChops
from PIL.JpegImagePlugin import JpegImageFile

from facevec.vision.formats.base import Damaged, loaded
from facevec.vision.formats.jpeg_segments import (
    APP0,
    APP1,
    APP14,
    EOI,
    FRAMES,
    SOS,
    TABLES,
    Segment,
    segments,
)

_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_JFIF, _JFIF_LENGTH = b"JFIF\x00", 14
_ADOBE, _ADOBE_LENGTH = b"Adobe", 12

_EVERY_COEFFICIENT = (1 << 64) - 1
_GREY = frozenset({127, 128})
"""Levels of a pixel whose coefficients are all zero, in each colour space."""

_SLACK = 4
"""Bytes that may stand between a scan's data and the end of a file that marks no end."""

_FEW = 3
"""As many zeros at the end of a scan's data may be data: the usual codes bring no more in a row."""

_MAX_SCANS = 100
"""An encoder makes a dozen; each costs a pass over the whole picture."""

_RESTART = re.compile(rb"\xff[\xd0-\xd7]")


def _continuations() -> tuple[bytes, ...]:
    """What might follow a scan's data, beginning with every three bits there are."""
    arbitrary = random.Random(0)  # noqa: S311  # no secret: only unlike any picture
    bits = (bytes([first << 5 | arbitrary.randrange(32)]) + arbitrary.randbytes(4095) for first in range(8))
    return tuple(data.replace(b"\xff", b"\xff\x00") for data in bits)


_CONTINUATIONS = _continuations()


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG file taken apart.

    head: all that decoding needs, up to the header of the last scan. data: that scan's.
    is_complete: whether the scans bring each coefficient in full. is_ended: whether an end is marked.
    """

    size: tuple[int, int]
    exif: bytes
    xmp: bytes
    head: bytes
    data: bytes
    is_complete: bool
    is_ended: bool

    @classmethod
    def parse(cls, data: bytes) -> Jpeg:
        """Raises Damaged."""
        parts = list(segments(data))
        frame = next((segment for segment in parts if segment.marker in FRAMES), None)
        scans = [segment for segment in parts if segment.marker == SOS]
        if frame is None or not 0 < len(scans) <= _MAX_SCANS:
            raise Damaged
        needed = [segment for segment in parts if segment is frame or _is_needed(segment)]
        last = max(index for index, segment in enumerate(needed) if segment.marker == SOS)
        application = [segment.payload for segment in parts if segment.marker == APP1]
        height, width = (int.from_bytes(frame.payload[at : at + 2], "big") for at in (1, 3))
        return cls(
            size=(width, height),
            exif=b"".join(_after(_EXIF, payload) for payload in application),
            xmp=next(filter(None, (_after(_XMP, payload) for payload in application)), b""),
            head=b"\xff\xd8"
            + b"".join(segment.header() + segment.data for segment in needed[:last])
            + needed[last].header(),
            data=needed[last].data,
            is_complete=_bring_everything(frame, scans),
            is_ended=parts[-1].marker == EOI,
        )

    def image(self) -> Pillow.Image:
        if not self.is_ended:
            return self._image_to_the_end()
        image = self._decoded(self.data)
        if _is_grey_at_last(image) and not self._is_settled(self.data, image):
            raise Damaged
        return image

    def _image_to_the_end(self) -> Pillow.Image:
        """The picture of a file that breaks off, if it breaks off where the picture ends. Raises Damaged."""
        if not self.is_complete:
            raise Damaged
        for data in _possible_ends(self.data):
            image = self._decoded(data)
            if self._is_settled(data, image) and self._reaches_no_further(data, image):
                return image
        raise Damaged

    def _reaches_no_further(self, data: bytes, image: Pillow.Image) -> bool:
        """Whether `data` are the scan's alone: behind a cut picture's, garbage would show as rows."""
        shorter = data[:-_SLACK].rstrip(b"\xff")
        return not self._is_settled(shorter, image) or self._is_settled(b"", image)

    def _is_settled(self, data: bytes, image: Pillow.Image) -> bool:
        """Whether the last scan shows `image` whatever follows `data`."""
        restart = bytes((0xFF, 0xD0 + len(_RESTART.findall(data)) % 8))
        others = (self._decoded(data + bits + restart + bits) for bits in _CONTINUATIONS)
        return all(ImageChops.difference(image, other).getbbox() is None for other in others)

    def _decoded(self, data: bytes) -> Pillow.Image:
        return loaded(JpegImageFile, b"".join((self.head, data, b"\xff\xd9")))


def _is_needed(segment: Segment) -> bool:
    if segment.marker == APP0:
        return segment.payload.startswith(_JFIF) and len(segment.payload) >= _JFIF_LENGTH
    if segment.marker == APP14:
        return segment.payload.startswith(_ADOBE) and len(segment.payload) >= _ADOBE_LENGTH
    return segment.marker in TABLES or segment.marker == SOS


def _after(prefix: bytes, payload: bytes) -> bytes:
    return payload[len(prefix) :] if payload.startswith(prefix) else b""


def _bring_everything(frame: Segment, scans: list[Segment]) -> bool:
    """Whether the scans' headers promise every coefficient of every component to its last bit."""
    missing = dict.fromkeys(frame.payload[6::3], _EVERY_COEFFICIENT)
    for scan in scans:
        count = scan.payload[0]
        first, last, bits = scan.payload[1 + 2 * count :]
        if bits & 15 == 0:
            brought = (1 << (last + 1)) - (1 << first) if first <= last else 0
            for component in set(scan.payload[1 : 1 + 2 * count : 2]) & set(missing):
                missing[component] &= ~brought
    return not any(missing.values())


def _possible_ends(data: bytes) -> Iterator[bytes]:
    """A scan's data without what may only fill the file up."""
    filled = data.rstrip(b"\xff")
    trimmed = filled.rstrip(b"\x00")
    if trimmed.endswith(b"\xff"):
        trimmed += b"\x00"  # a byte of ones, with the one that always follows it
    yield trimmed
    if 0 < len(filled) - len(trimmed) <= _FEW:
        yield filled


def _is_grey_at_last(image: Pillow.Image) -> bool:
    levels = image.getpixel((image.width - 1, image.height - 1))
    return _GREY.issuperset(levels if isinstance(levels, tuple) else (levels,))
