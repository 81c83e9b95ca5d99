"""What tests of every format do: read a file, and say which way up a picture is."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from tests.parts import decoder

ORIENTATION = 0x0112


def decode(data: bytes) -> np.ndarray:
    """The pixels of a file."""
    return decoder().decode(data).pixels


def exif(orientation: int) -> bytes:
    """Exif that says nothing else."""
    tags = Pillow.Exif()
    tags[ORIENTATION] = orientation
    return tags.tobytes()
