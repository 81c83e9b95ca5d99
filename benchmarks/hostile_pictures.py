"""Files of somebody who wants the service to fall: spoilt, boastful, bottomless, or of two kinds at once."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tests.drawn import portrait
from tests.portraits import draw, encoded, person

Spoiler = Callable[[random.Random, bytes], bytes]

DIMENSIONS = (0, 1, 2, 255, 4_000, 7_000, 9_000, 30_000, 65_500, 2**31 - 1)
"""Sides that a header claims."""


def sound() -> list[bytes]:
    """Good files of many kinds and modes, to be spoilt."""
    face = draw(person(1), size=200)
    modes = {
        "JPEG": ("RGB", "L", "CMYK"),
        "PNG": ("RGB", "L", "LA", "P", "I;16", "1"),
        "WEBP": ("RGB", "RGBA"),
    }
    files = [portrait(0)]
    for kind, kinds in modes.items():
        files += [encoded(_in_mode(face, mode), kind) for mode in kinds]
    files += [encoded(face, kind) for kind in ("GIF", "BMP", "TIFF", "PPM", "ICO")]
    files += [
        _saved(face, "JPEG", progressive=True, quality=40),
        _saved(face, "JPEG", exif=_turned(6)),
        _saved(face, "TIFF", compression="tiff_lzw"),
        _saved(face, "WEBP", lossless=True),
        _saved(face, "GIF", save_all=True, append_images=[face.rotate(turn) for turn in (90, 180)]),
        _saved(face, "PNG", save_all=True, append_images=[face.rotate(90)]),
    ]
    return files


def flipped(pick: random.Random, data: bytes) -> bytes:
    """Some bytes changed."""
    spoilt = bytearray(data)
    for _ in range(pick.choice((1, 5, 50, 500))):
        spoilt[pick.randrange(len(spoilt))] = pick.randrange(256)
    return bytes(spoilt)


def cut(pick: random.Random, data: bytes) -> bytes:
    """The beginning only."""
    return data[: pick.randrange(len(data))]


def shuffled(pick: random.Random, data: bytes) -> bytes:
    """Pieces in another order."""
    size = pick.choice((16, 256, 4096))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    pick.shuffle(pieces)
    return b"".join(pieces)


def noise(pick: random.Random, data: bytes) -> bytes:
    """Random bytes behind a true beginning."""
    return data[: pick.randrange(64)] + pick.randbytes(pick.randrange(5000))


def doubled(pick: random.Random, data: bytes) -> bytes:
    """Two files in one, or trailing rubbish."""
    return data + pick.choice((data, pick.randbytes(1000), b"<script>alert(1)</script>"))


def boastful(pick: random.Random, data: bytes) -> bytes:
    """A length or a side in the header replaced by one that is too large, or nothing."""
    spoilt = bytearray(data)
    place = pick.randrange(min(len(data) - 4, 400))
    number = pick.choice(DIMENSIONS)
    spoilt[place : place + 4] = struct.pack(pick.choice((">I", "<I")), number)
    return bytes(spoilt)


SPOILERS: tuple[Spoiler, ...] = (flipped, cut, shuffled, noise, doubled, boastful)


def bottomless() -> list[bytes]:
    """Little files that want much memory or time, all of them of a correct form."""
    files = [_png(side, side, rows) for side in (5_000, 8_900, 30_000, 2**31 - 1) for rows in (0, 200)]
    files += [
        _saved(Image.new("RGB", (side, side)), kind) for side in (4_000, 7_000) for kind in ("WEBP", "JPEG")
    ]
    files.append(_png(200, 200, 200, (b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000)))))
    files.append(_png(200, 200, 200, (b"zTXt", b"x\0\0" + zlib.compress(bytes(50_000_000)))))
    files.append(_png(200, 200, 200, *[(b"tEXt", b"a\0b")] * 50_000))
    frame = Image.new("P", (100, 100))
    files.append(_saved(frame, "GIF", save_all=True, append_images=[frame.rotate(n) for n in range(400)]))
    files.append(b"II*\0\x08\0\0\0" + b"\x01\0" + bytes(12) + b"\x08\0\0\0")  # it follows itself
    files.append(b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>')
    files.append(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n" + b"{loop} loop\n" * 9)
    return files


def _png(width: int, height: int, rows: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG that claims these sides and has `rows` rows at most."""
    pixels = zlib.compress(bytes(min(rows, height) * (min(width, 10_000) + 1)), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b""))
    framed = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _in_mode(picture: Image.Image, mode: str) -> Image.Image:
    return picture.convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)


def _turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
