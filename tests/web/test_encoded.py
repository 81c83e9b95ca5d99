"""Base64 as clients send it."""

from __future__ import annotations

import base64
import random
from urllib.parse import quote

import pytest

from facevec.web.encoded import picture_bytes

# Every digit of base64 is in it, and each rest of three bytes.
PICTURES = [random.Random(1).randbytes(3000 + rest) for rest in range(3)]


def lines(text: str, end: str) -> str:
    return end.join(text[start : start + 76] for start in range(0, len(text), 76)) + end


SHAPES = {
    "as it is": lambda text: text,
    "lines": lambda text: lines(text, "\n"),
    "lines of Windows": lambda text: lines(text, "\r\n"),
    "lines escaped twice": lambda text: lines(text, "\\r\\n"),
    "a newline at the end": lambda text: text + "\n",
    "white space around": lambda text: f" \t{text} \n",
    "spaces within": lambda text: lines(text, " "),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "URL-safe": lambda text: text.replace("+", "-").replace("/", "_"),
    "URL-safe without padding": lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    "without padding": lambda text: text.rstrip("="),
    "more padding than needed": lambda text: text + "===",
    "slashes escaped twice": lambda text: text.replace("/", "\\/"),
    "data URI": lambda text: f"data:image/jpeg;base64,{text}",
    "data URI of no type": lambda text: f"data:;base64,{text}",
    "data URI of another type": lambda text: f"data:application/octet-stream;base64,{text}",
    "data URI with a parameter": lambda text: f"data:image/jpeg;name=me.jpg;base64,{text}",
    "data URI in capitals": lambda text: f"DATA:image/PNG;BASE64,{text}",
    "data URI with spaces": lambda text: f" data:image/jpeg;base64, {text}\n",
    "data URI with lines": lambda text: f"data:image/jpeg;base64,{lines(text, chr(10))}",
    "data URI with escapes": lambda text: f"data:image/jpeg;base64,{quote(text)}",
    "data URI, URL-safe": lambda text: "data:image/webp;base64," + text.replace("+", "-").replace("/", "_"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("picture", PICTURES, ids=["no rest", "a rest of one", "a rest of two"])
def test_a_picture_is_read_in_every_shape(shape, picture):
    assert picture_bytes(SHAPES[shape](base64.b64encode(picture).decode())) == picture


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("https://example.org/party.jpg", "address"),
        ("file:///etc/passwd", "address"),
        ("blob:https://example.org/0a1b", "address"),
        ("b'/9j/4AAQSkZJRg=='", "Python"),
        ("party.jpg", "name of a file"),
        ("C:\\photos\\party.JPG", "name of a file"),
        ("data:image/svg+xml,<svg/>", "data URI that is not base64"),
        ("not base64!", "'!'"),
        ("/9j/4AAQ\u00e9", r"'\\xe9'"),
        ("/9j/4AAQ=SkZJRg", "'=', in the middle"),
        (base64.b64encode(PICTURES[0]).decode().replace("+", " "), "became spaces"),
        ("/9j/4AAQS", "cut short"),
    ],
)
def test_what_was_found_instead_is_said(text, content):
    with pytest.raises(ValueError, match=content):
        picture_bytes(text)


def test_nothing_is_no_bytes():
    assert picture_bytes("") == picture_bytes(" \n") == picture_bytes("data:image/jpeg;base64,") == b""
