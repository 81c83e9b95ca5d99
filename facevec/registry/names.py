"""What a worker may be called, and when two names are the same."""

from __future__ import annotations

import re
import unicodedata

from facevec.errors import WorkerError
from facevec.registry.skeletons import hides

MAX_NAME = 200
MAX_EXTERNAL_ID = 100
MAX_SOURCE = 1000
NUMBER = "^[0-9]+[ .]*$"
"""Dots and spaces at the end tell no names apart; see `canonical_name`."""

# Control characters, lone surrogates, line and paragraph separators.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SURROGATES = re.compile("[\ud800-\udfff]")
_SUBSTITUTE = "\x1a"
# Marks that turn the direction of the text around them, so that it reads as another.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(name: str) -> str:
    """`name` in Unicode normal form C, without spaces around it. Raises WorkerError."""
    return _clean(name, "The worker's name", MAX_NAME)


def clean_external_id(external_id: str) -> str:
    """`external_id` in Unicode normal form C, without spaces around it. Raises WorkerError."""
    return _clean(external_id, "The external id", MAX_EXTERNAL_ID)


def clean_text_version(version: str) -> str:
    """The name of a consent text, cleaned like a worker's. Raises WorkerError."""
    return _clean(version, "The consent text's version", MAX_NAME)


def clean_key_name(name: str) -> str:
    """The name of a key of the service, cleaned like a worker's. Raises WorkerError."""
    return _clean(name, "The key's name", MAX_NAME)


def clean_source(source: str) -> str:
    """`source` cut to `MAX_SOURCE`, with what no database stores replaced."""
    shown = "".join(
        "\ufffd" if _refused(character) or character in _BIDI_CONTROLS else character for character in source
    )
    return shown[:MAX_SOURCE]


def comparable(text: str) -> str:
    """The key under which two external ids that differ in case or Unicode form only are one.

    Bytes that are no text in any way become what is in no name: nobody is called so.
    """
    readable = _SURROGATES.sub(_SUBSTITUTE, _as_utf8(text))
    folded = unicodedata.normalize("NFC", readable.strip()).casefold()
    return unicodedata.normalize("NFC", folded)


def canonical_name(name: str) -> str:
    """The key under which two names are one.

    They may differ in what `comparable` ignores; in underscores for spaces and in how many there are, as
    names of folders and accounts do; and in dots and spaces at the end, which Windows takes off a folder.
    """
    words = " ".join(comparable(name).replace("_", " ").split())
    return words.rstrip(" .") or comparable(name)


def is_numeric(word: str) -> bool:
    """Whether a name or an external id, as it is compared, may be taken for an id."""
    return re.match(NUMBER, word) is not None


def mentions(text: str, name: str) -> bool:
    """Whether a word of `name` stands in `text`, in whichever case and with or without its accents.

    A single letter of ASCII is no mention.
    """
    plain = _plain(text)
    return any(
        word in plain
        for word in _plain(name).replace("_", " ").split()
        if len(word) > 1 or not word.isascii()
    )


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _clean(text: str, what: str, longest: int) -> str:
    cleaned = unicodedata.normalize("NFC", _as_utf8(text)).strip()
    if not cleaned:
        raise WorkerError(f"{what} is empty; give at least one character that is not a space.")
    if len(cleaned) > longest:
        raise WorkerError(f"{what} may have at most {longest} characters; this one has {len(cleaned)}.")
    if any(unicodedata.category(character) == "Cs" for character in cleaned):
        raise WorkerError(f"{what} is not UTF-8, as names from older systems are not; rename it in UTF-8.")
    if any(_refused(character) for character in cleaned):
        raise WorkerError(f"{what} may not hold control characters, line breaks or other invisible marks.")
    if hides(cleaned):
        raise WorkerError(
            f"{what} holds marks that are drawn as nothing or turn the text around them, by which it would "
            "look like another; leave them out."
        )
    return cleaned


def _as_utf8(text: str) -> str:
    """The bytes that this locale could not read, of the command line or a folder's name, read as UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        return text


def _refused(character: str) -> bool:
    return unicodedata.category(character) in _REFUSED_CATEGORIES
