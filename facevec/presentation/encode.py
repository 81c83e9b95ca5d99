"""Pictures as files."""

from __future__ import annotations

import io

from PIL import Image

from facevec.types import Pixels

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
"""File name suffix -> format."""


def encode(pixels: Pixels, suffix: str = ".jpg") -> bytes:
    """The picture as a file of the kind that `suffix` stands for, a key of `FORMATS`; no metadata in it."""
    buffer = io.BytesIO()
    kind = FORMATS[suffix.lower()]
    options = {"PNG": {}, "JPEG": {"quality": 92, "subsampling": 0}, "WEBP": {"quality": 92}}[kind]
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()
