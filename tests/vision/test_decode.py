from __future__ import annotations

import base64
import io
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageFile

from facevec import errors
from facevec.ports import ImageDecoder
from tests import parts
from tests.vision.conftest import encoded

WIDTH, HEIGHT = 40, 30
ORIENTATION = 0x0112


def gradient() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack([x * 6, y * 8, 255 - x * 3 - y * 2], axis=2).astype(np.uint8)


@pytest.fixture
def decoder() -> ImageDecoder:
    return parts.decoder()


@pytest.mark.parametrize(
    ("kind", "options"),
    [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 100, "subsampling": 0})],
)
def test_colours_come_out_as_they_went_in(decoder, kind, options):
    picture = gradient()
    pixels = decoder.decode(encoded(Pillow.fromarray(picture), kind, **options)).pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(pixels.astype(int) - picture).max() <= (4 if kind == "JPEG" else 0)


def test_grey_becomes_three_equal_channels(decoder):
    grey = gradient()[..., 0]
    for kind in ("PNG", "JPEG"):
        pixels = decoder.decode(encoded(Pillow.fromarray(grey), kind)).pixels
        assert np.array_equal(pixels[..., 0], pixels[..., 2])
        assert np.abs(pixels[..., 0].astype(int) - grey).max() <= 6


def test_bilevel(decoder):
    pixels = decoder.decode(encoded(Pillow.fromarray(gradient()[..., 0]).convert("1"), "PNG")).pixels
    assert set(np.unique(pixels)) == {0, 255}


def test_sixteen_bit_grey_is_scaled_and_not_clipped(decoder):
    levels = np.linspace(0, 65535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    pixels = decoder.decode(encoded(Pillow.fromarray(levels), "PNG")).pixels
    assert np.abs(pixels[..., 0] - levels / 257).max() <= 0.5


def test_sixteen_bit_colour_is_scaled(decoder):
    levels = (gradient().astype(np.uint16) * 257).astype(">u2")
    assert np.array_equal(decoder.decode(png(levels.tobytes(), depth=16, colour=2)).pixels, gradient())


def test_sixteen_bit_grey_with_alpha(decoder):
    levels = np.zeros((HEIGHT, WIDTH, 2), ">u2")
    levels[..., 1] = 65535
    levels[:10, :, 1] = 0
    pixels = decoder.decode(png(levels.tobytes(), depth=16, colour=4)).pixels
    assert (pixels[:10] == 255).all()
    assert (pixels[10:] == 0).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_shows_white(decoder, mode):
    picture = Pillow.fromarray(gradient()).convert(mode)
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :20] = 0
    picture.putalpha(Pillow.fromarray(alpha))
    pixels = decoder.decode(encoded(picture, "PNG")).pixels
    assert (pixels[:, :20] == 255).all()
    expected = np.asarray(Pillow.fromarray(gradient()).convert(mode[:-1]).convert("RGB"))
    assert np.array_equal(pixels[:, 20:], expected[:, 20:])


def test_half_transparency_mixes(decoder):
    pixels = decoder.decode(encoded(Pillow.new("RGBA", (30, 30), (0, 0, 0, 128)), "PNG")).pixels
    assert abs(int(pixels[0, 0, 0]) - 127) <= 1


def test_palette_with_a_transparent_colour(decoder):
    picture = Pillow.new("P", (30, 30), 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(0, (0, 0, 30, 10))
    pixels = decoder.decode(encoded(picture, "PNG", transparency=0)).pixels
    assert (pixels[:10] == 255).all()
    assert (pixels[10:] == (0, 0, 255)).all()


def test_cmyk_jpeg_is_not_inverted(decoder):
    picture = Pillow.fromarray(gradient()).convert("CMYK")
    pixels = decoder.decode(encoded(picture, "JPEG", quality=100)).pixels
    assert np.abs(pixels.astype(int) - gradient()).mean() < 6


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(decoder, kind, orientation):
    upright = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    upright[:15, :20] = (255, 0, 0)
    upright[:15, 20:] = (0, 255, 0)
    upright[15:, :20] = (0, 0, 255)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Pillow.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(Pillow.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, quality=95)
    pixels = decoder.decode(data).pixels
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 12


def test_damaged_exif_is_ignored_without_a_warning():
    data = encoded(Pillow.fromarray(gradient()), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7fjunk")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pixels = parts.decoder().decode(data).pixels
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert caught == []


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(decoder, kind):
    with pytest.raises(errors.NotAnImage, match="JPEG, PNG or WebP"):
        decoder.decode(encoded(Pillow.fromarray(gradient()), kind))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", "AVIF"),
        (b"%PDF-1.7", "PDF"),
        (b"GIF89a", "GIF"),
        (b"<!DOCTYPE html>", "web page"),
        (base64.b64encode(b"\xff\xd8\xff\xe0"), "base64"),
    ],
)
def test_what_a_file_is_instead_is_said(decoder, data, name):
    with pytest.raises(errors.NotAnImage, match=name):
        decoder.decode(data)


@pytest.mark.parametrize("data", [b"hello", b"<svg/>", b"%PDF-1.7", b"\x00" * 100])
def test_what_is_no_picture_is_refused(decoder, data):
    with pytest.raises(errors.NotAnImage):
        decoder.decode(data)


def test_nothing_is_refused(decoder):
    with pytest.raises(errors.FileEmpty):
        decoder.decode(b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_file_cut_short_is_refused(decoder, kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Pillow.fromarray(noise), kind)
    with pytest.raises(errors.ImageTruncated, match="damaged or cut short"):
        decoder.decode(data[: max(12, int(len(data) * share))])


def test_one_pixel_is_too_small(decoder):
    with pytest.raises(errors.ImageTooSmall, match="1 x 1"):
        decoder.decode(encoded(Pillow.new("RGB", (1, 1)), "PNG"))


def test_a_file_above_the_limit_is_refused():
    with pytest.raises(errors.FileTooLarge, match=r"\(vision\.max_file_bytes is 100\)"):
        parts.decoder({"vision.max_file_bytes": 100}).decode(b"\xff\xd8\xff" + b"\x00" * 200)


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_bomb_is_refused_from_its_header(decoder, side):
    with pytest.raises(
        errors.ImageTooLarge, match=rf"{side} x {side} .* 50\.0 megapixels .*vision\.max_pixels is 50000000"
    ):
        decoder.decode(png(b"", width=side, height=side))


def test_damaged_bytes_never_raise_anything_else(decoder):
    random = np.random.default_rng(5)
    originals = [
        encoded(Pillow.fromarray(gradient()), kind, **options)
        for kind, options in (("JPEG", {}), ("PNG", {}), ("WEBP", {}), ("JPEG", {"progressive": True}))
    ]
    outcomes = {"read": 0, "refused": 0}
    for turn in range(400):
        data = bytearray(originals[turn % len(originals)])
        for place in random.integers(0, len(data), random.integers(1, 12)):
            data[place] = random.integers(0, 256)
        try:
            decoder.decode(bytes(data))
            outcomes["read"] += 1
        except errors.InputError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 0


def test_pillow_keeps_its_settings(decoder):
    before = (Pillow.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    decoder.decode(encoded(Pillow.fromarray(gradient()), "PNG"))
    assert before == (Pillow.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_threads_may_share_a_decoder(decoder):
    files = [encoded(Pillow.new("RGB", (50, 50), (index, 0, 0)), "PNG") for index in range(40)]
    seen: list[int] = [0] * len(files)

    def work(index: int) -> None:
        seen[index] = int(decoder.decode(files[index]).pixels[0, 0, 0])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == list(range(40))


def png(raw: bytes, *, width: int = WIDTH, height: int = HEIGHT, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG written by hand, for what Pillow does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    stride = len(raw) // height
    rows = b"".join(b"\x00" + raw[start : start + stride] for start in range(0, len(raw), stride or 1))
    out = io.BytesIO()
    out.write(b"\x89PNG\r\n\x1a\n")
    out.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)))
    out.write(chunk(b"IDAT", zlib.compress(rows)))
    out.write(chunk(b"IEND", b""))
    return out.getvalue()
