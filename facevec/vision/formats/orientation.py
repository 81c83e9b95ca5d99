"""Which way is up, from what a picture file says of itself."""

from __future__ import annotations

import re

from PIL import Image as Pillow

_TAG = 0x0112  # Exif 2.32, table 4
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([0-9])')

_UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}


def upright(exif: bytes, xmp: bytes) -> Pillow.Transpose | None:
    """How a picture as stored is turned to be upright; None as it is, also where damaged metadata say it.

    exif counts before xmp.
    """
    turn = _of_exif(exif) if exif else None
    if turn is None and (tag := _XMP.search(xmp)):
        turn = int(tag[1])
    return _UPRIGHT.get(turn or 1)


def _of_exif(data: bytes) -> int | None:
    try:
        exif = Pillow.Exif()
        exif.load(data)
        turn = exif.get(_TAG)
        return None if turn is None else int(turn)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # damaged metadata of a sound picture: as if there were none
        return None
