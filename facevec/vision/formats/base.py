"""What every format of picture file offers once it is taken apart."""

from __future__ import annotations

import io
from typing import Protocol

from PIL import Image as Pillow
from PIL.ImageFile import ImageFile


class Damaged(Exception):  # noqa: N818  # what the file is
    """The bytes do not hold a whole picture."""


class PictureFile(Protocol):
    """A file taken apart.

    Metadata that no pixel needs is passed over unread, so whatever is wrong with it loses no picture
    and costs nothing; only where the file may say which way is up is kept.
    """

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels as stored, read from the header alone."""
        ...

    @property
    def exif(self) -> bytes:
        """Exif data, with or without "Exif" in front; empty where there is none."""
        ...

    @property
    def xmp(self) -> bytes:
        """An XMP packet; empty where there is none."""
        ...

    def image(self) -> Pillow.Image:
        """The picture as stored, decoded. Raises Damaged, and whatever Pillow does on damaged bytes."""
        ...


def loaded(reader: type[ImageFile], stream: bytes) -> Pillow.Image:
    """The picture that `reader` makes of `stream`. Raises anything: Pillow's readers do on damaged bytes."""
    image = reader(io.BytesIO(stream))
    image.load()
    return image
