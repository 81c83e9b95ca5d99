"""What a PNG file may lack or carry."""

from __future__ import annotations

import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from facevec import errors
from tests.portraits import draw, person
from tests.vision.conftest import encoded
from tests.vision.formats.conftest import decode, exif

KINDS = ("RGB", "RGBA", "L", "P", "1")
AFTER_HEADER, END_LENGTH = 33, 12
ODD = random.Random(3).randbytes(300)


def picture(mode: str) -> Pillow.Image:
    colours = draw(person(1), seed=0).resize((90, 70))
    return colours.quantize(30) if mode == "P" else colours.convert(mode)


def portrait(mode: str = "RGB", **options: object) -> bytes:
    return encoded(picture(mode), "PNG", **options)


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    right = zlib.crc32(kind + body)
    return (
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", right if checksum is None else checksum)
    )


def in_front(data: bytes, extra: bytes) -> bytes:
    return data[:AFTER_HEADER] + extra + data[AFTER_HEADER:]


def behind(data: bytes, extra: bytes) -> bytes:
    return data[:-END_LENGTH] + extra + data[-END_LENGTH:]


@pytest.mark.parametrize("mode", KINDS)
def test_wherever_a_file_is_cut_only_the_whole_picture_is_taken(mode):
    data = portrait(mode)
    whole = decode(data)
    for length in sorted({*range(len(data) - 60, len(data)), *range(0, len(data), max(1, len(data) // 200))}):
        try:
            pixels = decode(data[:length])
        except errors.InputError:
            assert length < len(data) - END_LENGTH, f"{length} of {len(data)} bytes, which lack only the end"
        else:
            assert np.array_equal(pixels, whole), f"{length} of {len(data)} bytes"


BOMB = b"key\0\0" + zlib.compress(bytes(50_000_000))
METADATA = {
    **{f"{kind.decode()} of nonsense": chunk(kind, ODD) for kind in (b"iCCP", b"eXIf", b"iTXt", b"acTL")},
    **{
        f"{kind.decode()} with a wrong checksum": chunk(kind, b"key\0value", checksum=7)
        for kind in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"pHYs", b"tIME", b"prVt", b"bKGD")
    },
    **{
        f"{kind.decode()} without anything": chunk(kind, b"")
        for kind in (b"iCCP", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tEXt", b"acTL", b"fcTL")
    },
    "text bomb": chunk(b"zTXt", BOMB),
    "international text bomb": chunk(b"iTXt", b"key\0\1\0\0\0" + BOMB[5:]),
    "profile bomb": chunk(b"iCCP", BOMB),
    "thousands of orientation bombs": chunk(b"zTXt", b"Raw profile type exif\0\0" + BOMB[5:]) * 100,
    "text of 8 MB": chunk(b"tEXt", b"key\0" + b"x" * 8_000_000),
    "kind that is no letters": chunk(b"\xe9\x00\x01 ", b"odd"),
}


@pytest.mark.parametrize("mode", ["RGB", "P"])
@pytest.mark.parametrize("name", METADATA)
def test_metadata_lose_no_picture_in_front_or_behind(mode, name):
    data = portrait(mode)
    for odd in (in_front(data, METADATA[name]), behind(data, METADATA[name])):
        assert np.array_equal(decode(odd), decode(data))


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"prVt", b"tIME"])
def test_a_file_cut_in_the_metadata_behind_its_rows_is_taken(kind):
    data = portrait()
    odd = behind(data, chunk(kind, ODD))
    for missing in (END_LENGTH + 1, END_LENGTH + 4, END_LENGTH + 100, END_LENGTH + 310):
        assert np.array_equal(decode(odd[:-missing]), decode(data))


@pytest.mark.parametrize("after", [bytes(4096), b"\r\n", b"<html>Not found</html>", ODD])
def test_what_stands_after_the_end_does_not_count(after):
    assert np.array_equal(decode(portrait() + after), decode(portrait()))


@pytest.mark.parametrize("body", [b"", b"\x00", bytes(5)])
def test_transparency_that_cannot_be_is_passed_over(body):
    data = portrait("RGB")
    assert np.array_equal(decode(in_front(data, chunk(b"tRNS", body))), decode(data))


@pytest.mark.parametrize("mode", KINDS)
def test_rows_that_are_missing_or_wrong_are_refused(mode):
    data = portrait(mode)
    rows = zlib.decompress(b"".join(_bodies(data, b"IDAT")))
    sum_is_wrong = zlib.compress(rows)[:-1] + b"\x00"
    for stream in (*map(zlib.compress, (b"", rows[:-1], rows[: len(rows) // 2])), sum_is_wrong):
        start = data.index(b"IDAT") - 4
        with pytest.raises(errors.ImageTruncated):
            decode(data[:start] + chunk(b"IDAT", stream) + data[-END_LENGTH:])


def test_a_pass_that_is_missing_is_refused():
    passes = [len(rows) for rows in _passes(90, 70)]
    for missing in (0, 1, passes[-1], sum(passes[1:])):
        interlaced = b"".join(_passes(90, 70))
        data = _interlaced(interlaced[: len(interlaced) - missing])
        if missing:
            with pytest.raises(errors.ImageTruncated):
                decode(data)
        else:
            assert (decode(data) == 200).all()


def _passes(width: int, height: int) -> list[bytes]:
    """Passes of an even grey."""
    starts = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    return [
        (b"\x00" + b"\xc8" * len(range(left, width, across))) * len(range(top, height, down))
        for left, top, across, down in starts
    ]


def _interlaced(rows: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 90, 70, 8, 0, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_whole_picture_that_ends_in_black_is_taken():
    for mode in KINDS:
        black = picture(mode)
        black.paste(0, (0, 35, 90, 70))
        assert np.array_equal(decode(encoded(black, "PNG"))[:35], decode(portrait(mode))[:35])


def test_a_header_with_a_wrong_checksum_is_refused():
    data = bytearray(portrait())
    data[AFTER_HEADER - 1] ^= 1
    with pytest.raises(errors.ImageTruncated):
        decode(bytes(data))


def _bodies(data: bytes, kind: bytes) -> list[bytes]:
    bodies, position = [], 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        if data[position + 4 : position + 8] == kind:
            bodies.append(data[position + 8 : position + 8 + length])
        position += 12 + length
    return bodies


def test_orientation_is_found_behind_the_rows_and_beside_broken_metadata():
    data = portrait()
    turned = behind(data, chunk(b"zTXt", BOMB) + chunk(b"eXIf", exif(6)))
    assert np.array_equal(decode(turned[:-END_LENGTH]), np.rot90(decode(data), -1))


def test_orientation_is_found_where_imagemagick_kept_it():
    text = "\nexif\n      26\n" + exif(3).hex()
    for packed in (False, True):
        info = PngInfo()
        info.add_text("Raw profile type exif", text, zip=packed)
        assert np.array_equal(decode(portrait(pnginfo=info)), decode(portrait())[::-1, ::-1])


@pytest.mark.parametrize("packed", [False, True])
def test_orientation_comes_from_xmp_where_exif_has_none(packed):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", '<rdf tiff:Orientation="3"/>', zip=packed)
    assert np.array_equal(decode(portrait(pnginfo=info)), decode(portrait())[::-1, ::-1])


def test_of_an_animation_the_picture_that_stands_for_it_counts():
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert decode(data)[0, 0].tolist() == [255, 0, 0]
    assert decode(data[: data.index(b"fdAT") + 20])[0, 0].tolist() == [255, 0, 0]
