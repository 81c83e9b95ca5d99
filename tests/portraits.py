"""Portraits of drawn people, as files, and several side by side."""

from __future__ import annotations

import io

from PIL import Image

from facevec.vision.drawn.drawing import draw, person

__all__ = ["DISTINCT", "draw", "encoded", "person", "row"]

DISTINCT = (50, 52, 45, 64, 62, 53, 29, 24)
"""Of the first 80 persons those whom casia-webface tells apart best."""


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    """The bytes of `picture` as a file of `kind`."""
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def row(pictures: list[Image.Image]) -> Image.Image:
    """Pictures of equal height side by side."""
    together = Image.new("RGB", (sum(p.width for p in pictures), pictures[0].height))
    left = 0
    for picture in pictures:
        together.paste(picture, (left, 0))
        left += picture.width
    return together
