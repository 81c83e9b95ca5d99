"""What a JPEG file may lack or carry, and how every cut is told from a whole picture."""

from __future__ import annotations

import io
import random
import struct

import numpy as np
import pytest
from PIL import Image as Pillow

from facevec import errors
from tests.portraits import draw, person
from tests.vision.conftest import encoded
from tests.vision.formats.conftest import decode, exif

KINDS = {
    "baseline": {"quality": 85},
    "progressive": {"quality": 85, "progressive": True},
    "optimised": {"quality": 95, "optimize": True, "subsampling": 0},
    "with restarts": {"quality": 75, "restart_marker_rows": 1},
    "with many restarts": {"quality": 75, "restart_marker_blocks": 2},
    "grey": {"quality": 85},
    "grey progressive": {"quality": 85, "progressive": True},
}
THUMBNAIL = encoded(Pillow.new("RGB", (32, 24), "red"), "JPEG")


def portrait(kind: str) -> bytes:
    """A drawn portrait of 90 x 70 pixels, which are no whole number of blocks."""
    picture = draw(person(1), seed=0).resize((90, 70))
    return encoded(picture.convert("L") if kind.startswith("grey") else picture, "JPEG", **KINDS[kind])


def segment(marker: int, payload: bytes, length: int | None = None) -> bytes:
    """A segment, whose length may lie."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2 if length is None else length) + payload


def with_segments(data: bytes, *segments: bytes) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_a_file_is_cut_only_the_whole_picture_is_taken(kind):
    data = portrait(kind)
    whole = decode(data)
    lengths = {*range(len(data) - 60, len(data)), *range(0, len(data), max(1, len(data) // 150))}
    for length in sorted(lengths):
        try:
            pixels = decode(data[:length])
        except errors.InputError:
            assert length < len(data) - 2, f"{length} of {len(data)} bytes, which are all but the end mark"
        else:
            assert np.array_equal(pixels, whole), f"{length} of {len(data)} bytes"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "filling",
    [b"\x00" * 512, b"\xff" * 512, THUMBNAIL, b"\xff" + b"\x00" * 512],
    ids=["zeros", "ones", "another picture", "half an end mark and zeros"],
)
def test_a_picture_without_its_end_mark_is_taken_whatever_fills_the_file_up(kind, filling):
    data = portrait(kind)
    assert np.array_equal(decode(data[:-2] + filling), decode(data))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.7, 0.95])
@pytest.mark.parametrize(
    "filling",
    [b"\x00" * 5000, b"\xff" * 5000, THUMBNAIL, random.Random(1).randbytes(20_000)],
    ids=["zeros", "ones", "another picture", "garbage"],
)
def test_a_cut_picture_is_refused_whatever_fills_the_file_up(kind, share, filling):
    data = portrait(kind)
    with pytest.raises(errors.ImageTruncated, match="damaged or cut short"):
        decode(data[: int(len(data) * share)] + filling)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "progressive" not in kind])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_a_grey_bottom_is_refused_though_an_end_is_marked(kind, share):
    data = portrait(kind)
    with pytest.raises(errors.ImageTruncated):
        decode(data[: int(len(data) * share)].rstrip(b"\xff") + b"\xff\xd9")


def test_a_progressive_picture_whose_rows_are_not_all_begun_is_refused_though_an_end_is_marked():
    data = portrait("progressive")
    first_scan = data.index(b"\xff\xda")
    second_scan = data.index(b"\xff\xda", first_scan + 2)
    with pytest.raises(errors.ImageTruncated):
        decode(data[: (first_scan + second_scan) // 2] + b"\xff\xd9")


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_whole_picture_that_ends_in_grey_is_taken(mode):
    picture = draw(person(1), seed=0).resize((90, 70)).convert(mode)
    picture.paste(Pillow.new(mode, (90, 40), "#808080"), (0, 30))
    data = encoded(picture, "JPEG", quality=90)
    assert decode(data)[-1, -1].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    "after", [b"\x00" * 4096, b"\r\n", b"<html>Not found</html>", THUMBNAIL, random.Random(2).randbytes(999)]
)
@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_what_stands_after_the_end_mark_does_not_count(kind, after):
    data = portrait(kind)
    assert np.array_equal(decode(data + after), decode(data))


ODD = random.Random(3).randbytes(400)
METADATA = {
    "Exif of nonsense": segment(0xE1, b"Exif\0\0" + ODD),
    "Exif without anything": segment(0xE1, b"Exif\0\0"),
    "JFIF cut short": segment(0xE0, b"JFIF\0"),
    "Adobe cut short": segment(0xEE, b"Adobe"),
    "ICC without a number": segment(0xE2, b"ICC_PROFILE\0"),
    "ICC with parts missing": segment(0xE2, b"ICC_PROFILE\0\1\5" + ODD),
    "MPF of nonsense": segment(0xE2, b"MPF\0" + ODD),
    "Photoshop cut short": segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed"),
    "13 MB of it": b"".join(segment(0xE1 + number % 15, bytes(65_000)) for number in range(200)),
    "length of nothing": b"\xff\xe1\x00\x00",
    "length that ends in its thumbnail": segment(0xE1, b"Exif\0\0" + bytes(20) + THUMBNAIL + bytes(20), 60),
    "length that ends behind the file": segment(0xE1, b"Exif\0\0" + THUMBNAIL + ODD, 0xFFFF),
    "length that ends in the tables": segment(0xE1, b"Exif\0\0" + bytes(50), 200),
    "length above 64 kB that came round": segment(0xE1, b"Exif\0\0" + bytes(70_000), (70_008) & 0xFFFF),
    "comment that ends behind the file": segment(0xFE, b"hello", 0xFFFF),
    "filling": b"\xff" * 50,
    "reserved markers": b"\xff\x01\xff\x40",
}


@pytest.mark.parametrize("kind", ["baseline", "progressive", "grey"])
@pytest.mark.parametrize("name", METADATA)
def test_metadata_lose_no_picture(kind, name):
    data = portrait(kind)
    assert np.array_equal(decode(with_segments(data, METADATA[name])), decode(data))


@pytest.mark.parametrize("name", METADATA)
def test_orientation_is_found_beside_broken_metadata(name):
    data = portrait("baseline")
    turned = with_segments(data, segment(0xE1, b"Exif\0\0" + exif(6)), METADATA[name])
    assert np.array_equal(decode(turned[:-2]), np.rot90(decode(data), -1))


def test_orientation_comes_from_xmp_where_exif_has_none():
    data = portrait("baseline")
    xmp = segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<rdf tiff:Orientation="3"/>')
    for before in (b"", segment(0xE1, b"Exif\0\0nonsense")):
        assert np.array_equal(decode(with_segments(data, before, xmp)), decode(data)[::-1, ::-1])


def test_rgb_without_a_colour_transform_stays_rgb():
    picture = draw(person(1), seed=0).resize((90, 70))
    data = encoded(picture, "JPEG", quality=95, keep_rgb=True)
    assert np.abs(decode(data).astype(int) - np.asarray(picture)).mean() < 4


def test_thousands_of_scans_are_refused():
    data = portrait("progressive")
    last = data.rindex(b"\xff\xda")
    with pytest.raises(errors.ImageTruncated):
        decode(data[:-2] + data[last:-2] * 2000 + b"\xff\xd9")


def test_a_file_of_nothing_but_markers_is_refused_at_once():
    for filling in (b"\xff\xe0\x00\x02" * 200_000, b"\xff\xd8\xff\xe0" * 200_000, b"\xff" * 800_000):
        with pytest.raises(errors.InputError):
            decode(b"\xff\xd8\xff" + filling)


def test_pillows_own_reading_of_a_sound_file_is_kept():
    for kind in KINDS:
        data = portrait(kind)
        expected = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))
        assert np.array_equal(decode(data), expected)
