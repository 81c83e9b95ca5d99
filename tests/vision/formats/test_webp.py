"""What a WebP file may lack or carry."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from PIL import Image as Pillow

from facevec import errors
from tests.portraits import draw, person
from tests.vision.conftest import encoded
from tests.vision.formats.conftest import decode, exif

KINDS = ("lossy", "lossless", "transparent")
ODD = random.Random(3).randbytes(301)


def portrait(kind: str, **options: object) -> bytes:
    picture = draw(person(1), seed=0).resize((90, 70))
    if kind == "transparent":
        picture.putalpha(Pillow.linear_gradient("L").resize(picture.size))
    return encoded(picture, "WEBP", lossless=kind == "lossless", **options)


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_file_is_cut_only_the_whole_picture_is_taken(kind):
    data = portrait(kind, exif=exif(1), xmp=ODD)
    whole = decode(data)
    rows_end = data.index(b"EXIF")
    for length in sorted({*range(rows_end - 30, len(data)), *range(0, len(data), max(1, len(data) // 200))}):
        try:
            pixels = decode(data[:length])
        except errors.InputError:
            assert length < rows_end, f"{length} of {len(data)} bytes, of which {rows_end} are picture"
        else:
            assert np.array_equal(pixels, whole), f"{length} of {len(data)} bytes"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [0, 30, 100, 0x7FFFFFF0])
def test_the_length_that_the_file_says_of_itself_does_not_count(kind, length):
    data = portrait(kind)
    assert np.array_equal(decode(data[:4] + struct.pack("<I", length) + data[8:]), decode(data))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [bytes(4096), b"\r\n", b"<html>Not found</html>", ODD])
def test_what_stands_after_the_picture_does_not_count(kind, after):
    assert np.array_equal(decode(portrait(kind) + after), decode(portrait(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_metadata_lose_no_picture(kind):
    data = portrait(kind, exif=ODD, icc_profile=ODD, xmp=ODD)
    flags = bytes((data[20] | 0x2E,))
    for odd in (
        data,
        data[:20] + flags + data[21:],
        data[:30] + chunk(b"JUNK", ODD) + data[30:],
        data[:12] + chunk(b"JUNK", ODD) + data[12:],
        data + chunk(b"EXIF", ODD),
    ):
        assert np.array_equal(decode(odd), decode(portrait(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_orientation_comes_from_exif_else_from_xmp(kind):
    turned = np.rot90(decode(portrait(kind)), 2)
    xmp = b'<rdf tiff:Orientation="3"/>'
    assert np.array_equal(decode(portrait(kind, exif=exif(3))[:-1]), turned)
    assert np.array_equal(decode(portrait(kind, xmp=xmp)), turned)
    assert np.array_equal(decode(portrait(kind, exif=ODD, xmp=xmp)), turned)


def test_of_an_animation_the_first_frame_counts():
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    second = data.index(b"ANMF", data.index(b"ANMF") + 1)
    for length in (len(data), second + 10):
        assert decode(data[:length])[5, 5].tolist() == [255, 0, 0]


def test_a_canvas_above_the_limit_is_refused_before_it_is_made():
    data = portrait("transparent", exif=exif(1))
    side = (16_383).to_bytes(3, "little")
    with pytest.raises(errors.ImageTooLarge, match="16384 x 16384"):
        decode(data[:24] + side + side + data[30:])


@pytest.mark.parametrize(
    "data", [b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8 \2\0\0\0ab", b"RIFF\0\0\0\0WEBPVP8X"]
)
def test_a_file_without_a_picture_is_refused(data):
    with pytest.raises(errors.ImageTruncated):
        decode(data)
