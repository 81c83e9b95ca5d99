"""Bytes to upright RGB pixels, whatever the bytes are."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow

from facevec.errors import (
    FacevecError,
    FileEmpty,
    FileTooLarge,
    ImageTooLarge,
    ImageTooSmall,
    ImageTruncated,
    MemoryExhausted,
    NotAnImage,
)
from facevec.files import size_in_words
from facevec.memory import SENTENCE, ran_out
from facevec.types import Image, Pixels
from facevec.vision.formats.base import PictureFile
from facevec.vision.formats.jpeg import Jpeg
from facevec.vision.formats.orientation import upright
from facevec.vision.formats.png import SIGNATURE, Png
from facevec.vision.formats.webp import WebP
from facevec.vision.room import Room

MIN_SIDE = 20
"""Shortest side of a picture, pixels."""

_MEGAPIXEL = 1_000_000

_BYTES_A_PIXEL = 12
"""At most, while a picture is decoded: the coefficients of a progressive JPEG, and the pixels."""

_BAND_PIXELS = 250_000
"""Less than a megabyte, which the process mostly has; a larger piece may be asked of the system each time,
and cleared by it: a picture of 1200 x 630 pixels took 6.2 ms in one piece, and takes 0.7.
"""

_PER_LEVEL = 257  # 65535 / 255: what one of 256 grey levels is of 65,536


class _Format(NamedTuple):
    name: str
    begins: Callable[[bytes], bool]
    parse: Callable[[bytes], PictureFile]


# The readers themselves instead of `Image.open`: nothing but these three formats is ever tried,
# and the limits are ours, where Pillow's own are one setting for the whole process.
_FORMATS = (
    _Format("JPEG", lambda data: data[:3] == b"\xff\xd8\xff", Jpeg.parse),
    _Format("PNG", lambda data: data[:8] == SIGNATURE, Png.parse),
    _Format("WebP", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", WebP.parse),
)

# Told by name, because people who send them do not know what they have.
_OTHERS = (
    (re.compile(rb".{4}ftyp(hei|hev|mif|msf)", re.DOTALL), "a HEIC picture, as iPhones take them"),
    (re.compile(rb".{4}ftypavi", re.DOTALL), "an AVIF picture"),
    (re.compile(rb"GIF8"), "a GIF picture"),
    (re.compile(rb"BM"), "a BMP picture"),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF picture or a camera's raw one"),
    (re.compile(rb"%PDF"), "a PDF document"),
    (re.compile(rb"\s*<"), "a web page or a drawing"),
    (re.compile(rb"/9j/|iVBORw0KGgo|UklGR|data:image/"), "a picture in base64, which is text"),
)


class PillowDecoder:
    """`ports.ImageDecoder` for JPEG, PNG and WebP, told apart by content; thread-safe.

    max_bytes: of the file; max_pixels: width times height, read from the header before anything
    is decoded; so many are decoded at a time, in all threads together.
    Transparency shows white; of an animation the first frame counts.
    """

    def __init__(self, *, max_bytes: int, max_pixels: int) -> None:
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._room = Room(max_pixels)
        # Pillow warns of odd metadata, which is no operator's concern. `catch_warnings` is not thread-safe.
        warnings.filterwarnings("ignore", module=r"PIL\.")

    def decode(self, data: bytes) -> Image:
        if not data:
            raise FileEmpty("The file is empty; choose a JPEG, PNG or WebP picture.")
        if len(data) > self._max_bytes:
            raise FileTooLarge(
                f"The file has {size_in_words(len(data))} and at most {size_in_words(self._max_bytes)} are "
                f"accepted (vision.max_file_bytes is {self._max_bytes}); save the picture smaller or with "
                "more compression."
            )
        kind = _recognize(data)
        try:
            file = kind.parse(data)
        except Exception as error:
            raise _damaged(kind, error) from error
        self._check_size(*file.size)
        width, height = file.size
        try:
            with self._room.holding(width * height):
                return Image(_pixels(file))
        except Exception as error:  # Pillow's readers raise anything on damaged bytes
            raise _damaged(kind, error, *file.size) from error

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise ImageTooLarge(
                f"The picture has {width} x {height} pixels ({_area(width * height)}) "
                f"and at most {_area(self._max_pixels)} are accepted "
                f"(vision.max_pixels is {self._max_pixels}); reduce it first."
            )
        if min(width, height) < MIN_SIDE:
            raise ImageTooSmall(
                f"The picture has {width} x {height} pixels and each side needs at least {MIN_SIDE}; "
                "choose a larger one."
            )


def _recognize(data: bytes) -> _Format:
    for kind in _FORMATS:
        if kind.begins(data):
            return kind
    other = next((name for pattern, name in _OTHERS if pattern.match(data)), "no JPEG, PNG or WebP picture")
    raise NotAnImage(f"The file is {other}; convert it to JPEG, PNG or WebP.")


def _damaged(kind: _Format, error: Exception, width: int = 0, height: int = 0) -> FacevecError:
    """What is wrong with a file that could not be read: it, or that memory ran out."""
    if ran_out(error) or not _has_room(width * height * _BYTES_A_PIXEL):
        return MemoryExhausted(SENTENCE)
    return ImageTruncated(f"The {kind.name} file is damaged or cut short; copy or save it again.")


def _has_room(size: int) -> bool:
    """Whether so many bytes can be had. libjpeg and libwebp say of neither lack which it is."""
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True


def _pixels(file: PictureFile) -> Pixels:
    picture = _rgb(file.image())
    turn = upright(file.exif, file.xmp)
    if turn is not None:
        picture = picture.transpose(turn)
    width, height = picture.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):  # Pillow hands out a copy, and makes two on the way
        pixels[top : top + rows] = np.asarray(picture.crop((0, top, width, min(top + rows, height))))
    return pixels


def _rgb(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        levels = np.asarray(picture).astype(np.uint32)
        eight_bit = np.minimum((levels + _PER_LEVEL // 2) // _PER_LEVEL, 255).astype(np.uint8)
        return Pillow.fromarray(eight_bit).convert("RGB")
    if picture.has_transparency_data:
        picture = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        if picture.getchannel("A").getextrema() != (255, 255):  # else there is nothing to see through
            opaque = Pillow.new("RGBA", picture.size, "white")
            opaque.alpha_composite(picture)
            picture = opaque
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _area(pixels: int) -> str:
    """In megapixels, unless it would hardly be one."""
    return f"{pixels} pixels" if pixels < _MEGAPIXEL else f"{pixels / _MEGAPIXEL:.1f} megapixels"
