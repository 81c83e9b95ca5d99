"""Pictures in base64 (RFC 4648), in the shapes in which clients send it."""

from __future__ import annotations

import base64
import binascii
import re
import string

_DATA_URI = re.compile(r"\s{0,100}data:([^,]{0,200}),", re.IGNORECASE)

# Nothing here takes a text apart: one of 40 MB has so many pieces that these take gigabytes.
_URI_ESCAPES = tuple(
    (escape, character)
    for character in "+/=-_ \r\n\t"
    for escape in sorted({f"%{ord(character):02X}", f"%{ord(character):02x}"})
)
_JSON_ESCAPES = (("\\r", ""), ("\\n", ""), ("\\/", "/"))  # escaped once too often
_CLOTHES = {ord(character): None for character in string.whitespace}
_FOREIGN_CLOTHES = "\ufeff\xa0\u2028\u2029"

_PLUS_IS_SURE = 2000
"""So many digits of a picture without one + are chance once in 10^13: every 64th digit is one."""

_FOREIGN = re.compile(r"[^A-Za-z0-9+/]")

# What is sent where base64 should be, each with what to do about it.
_MISTAKEN = (
    (
        re.compile(r"(https?|ftp|file|s3|blob)://?\S*|blob:\S*", re.IGNORECASE),
        "This is an address, and none is ever fetched; send the picture's own bytes in base64.",
    ),
    (
        re.compile(r"b(['\"]).*\1", re.DOTALL),
        "This is base64 as Python shows bytes, with b'…' around it; decode it to text first: .decode().",
    ),
    (
        re.compile(r"[^\n]{1,300}\.(jpe?g|png|webp|heic|gif|bmp|tiff?)", re.IGNORECASE),
        "This is the name of a file; send the picture's own bytes in base64.",
    ),
)


def is_data_uri(text: str) -> bool:
    """Whether `text` begins as a data URI (RFC 2397) does."""
    return _DATA_URI.match(text) is not None


def picture_bytes(text: str) -> bytes:
    """What `text` says in base64 of either alphabet, alone or in a data URI.

    White space, line breaks and padding do not count. Raises ValueError with a sentence that says what was
    found instead.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return _decoded(text)


def _decoded(text: str) -> bytes:
    text = text.strip()
    for pattern, sentence in _MISTAKEN:
        if pattern.fullmatch(text):
            raise ValueError(sentence)
    bare = _without_clothes(text).rstrip("=")
    foreign = _FOREIGN.search(bare)
    if foreign:
        where = "in the middle, where" if foreign[0] == "=" else "which"
        raise ValueError(f"This is not base64: it holds {foreign[0]!a}, {where} base64 never does.")
    if " " in text and "+" not in bare and len(bare) >= _PLUS_IS_SURE:
        raise ValueError(
            "This is base64 whose + became spaces, as they do in a form; write them as %2B, or send JSON."
        )
    if len(bare) % 4 == 1:
        raise ValueError("This is base64 that was cut short; send all of it.")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def _without_clothes(text: str) -> str:
    """`text` in the standard alphabet, without a data URI's head, white space and line breaks."""
    uri = _DATA_URI.match(text)
    if uri:
        if not uri[1].lower().rstrip().endswith(";base64"):
            raise ValueError(
                "This is a data URI that is not base64; write data:image/jpeg;base64, before the picture's."
            )
        text = text[uri.end() :]
        for escape, character in _URI_ESCAPES:
            text = text.replace(escape, character)
    for escape, character in _JSON_ESCAPES:
        text = text.replace(escape, character)
    for character in _FOREIGN_CLOTHES:
        text = text.replace(character, "")
    if not text.isascii():  # what is foreign is found, and no time lost
        return text
    return text.translate(_CLOTHES).replace("-", "+").replace("_", "/")
