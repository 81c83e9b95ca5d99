"""Bytes to upright RGB pixels, whatever the bytes are."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from facevec.errors import (
    FileEmpty,
    FileTooLarge,
    ImageTooLarge,
    ImageTooSmall,
    ImageTruncated,
    NotAnImage,
)
from facevec.types import Image, Pixels

_ORIENTATION = 0x0112  # Exif 2.32, table 4
_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_PER_LEVEL = 257  # 65535 / 255: what one of 256 grey levels is of 65,536


class _Format(NamedTuple):
    name: str
    begins: Callable[[bytes], bool]
    reader: type[ImageFile]


# The readers themselves instead of `Image.open`: nothing but these three formats is ever tried,
# and the limits are ours, where Pillow's own are one setting for the whole process.
_FORMATS = (
    _Format("JPEG", lambda data: data[:3] == b"\xff\xd8\xff", JpegImageFile),
    _Format("PNG", lambda data: data[:8] == b"\x89PNG\r\n\x1a\n", PngImageFile),
    _Format("WebP", lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", WebPImageFile),
)


class PillowDecoder:
    """`ports.ImageDecoder` for JPEG, PNG and WebP, told apart by content; thread-safe.

    max_bytes: of the file; max_pixels: width times height, read from the header before anything
    is decoded; min_side: shortest side of a picture in pixels.
    Transparency shows white; of an animation the first frame counts.
    """

    def __init__(
        self, *, max_bytes: int = 32_000_000, max_pixels: int = 50_000_000, min_side: int = 20
    ) -> None:
        self._max_bytes = max_bytes
        self._max_pixels = max_pixels
        self._min_side = min_side
        # Pillow warns of odd metadata, which is no operator's concern. `catch_warnings` is not thread-safe.
        warnings.filterwarnings("ignore", module=r"PIL\.")

    def decode(self, data: bytes) -> Image:
        if not data:
            raise FileEmpty("The file is empty; choose a JPEG, PNG or WebP picture.")
        if len(data) > self._max_bytes:
            raise FileTooLarge(
                f"The file has {_millions(len(data))} MB and at most {_millions(self._max_bytes)} MB are "
                "accepted; save the picture smaller or with more compression."
            )
        kind = _recognise(data)
        try:
            picture = kind.reader(io.BytesIO(data))
        except Exception as error:  # Pillow's readers raise anything on damaged bytes
            raise _damaged(kind) from error
        with picture:
            self._check_size(*picture.size)
            try:
                return Image(_pixels(picture))
            except Exception as error:  # as above
                raise _damaged(kind) from error

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self._max_pixels:
            raise ImageTooLarge(
                f"The picture has {width} x {height} pixels ({_millions(width * height)} megapixels) "
                f"and at most {_millions(self._max_pixels)} megapixels are accepted; reduce it first."
            )
        if min(width, height) < self._min_side:
            raise ImageTooSmall(
                f"The picture has {width} x {height} pixels and each side needs at least {self._min_side}; "
                "choose a larger one."
            )


def _recognise(data: bytes) -> _Format:
    for kind in _FORMATS:
        if kind.begins(data):
            return kind
    raise NotAnImage("The file is not a JPEG, PNG or WebP picture; convert it to one of these.")


def _damaged(kind: _Format) -> ImageTruncated:
    return ImageTruncated(f"The {kind.name} file is damaged or cut short; copy or save it again.")


def _pixels(picture: ImageFile) -> Pixels:
    picture.load()
    turn = _UPRIGHT.get(_orientation(picture))
    image = _rgb(picture)
    return np.array(image if turn is None else image.transpose(turn), dtype=np.uint8)


def _orientation(picture: ImageFile) -> int:
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  # damaged metadata of a sound picture: as if there were none
        return 1


def _rgb(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode.startswith("I"):
        levels = np.asarray(picture).astype(np.uint32)
        eight_bit = np.minimum((levels + _PER_LEVEL // 2) // _PER_LEVEL, 255).astype(np.uint8)
        return Pillow.fromarray(eight_bit).convert("RGB")
    if picture.has_transparency_data:
        opaque = Pillow.new("RGBA", picture.size, "white")
        opaque.alpha_composite(picture.convert("RGBA"))
        return opaque.convert("RGB")
    return picture.convert("RGB")


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f}"
