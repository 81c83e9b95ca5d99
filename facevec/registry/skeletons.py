"""What a name looks like: the skeleton of Unicode's UTS 39, by which names that look alike are the same."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache

_UNSEEN = frozenset({"Cf", "Cc"})
_UNSEEN_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Drawn as nothing, and neither marks of format nor selectors."""

_JOINERS = frozenset("\u200c\u200d")
_JOINED = (
    *("ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL"),
    *("TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR"),
)
"""Scripts in which a joiner changes how a name is drawn; anywhere else it is drawn as nothing."""

_SELECTED = ("CJK", "MONGOLIAN")
"""Scripts whose letters have variants that a selector chooses."""

_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))


def skeleton(text: str) -> str:
    """What `text` looks like, whatever letters it is written with and in whichever case."""
    words = " ".join(text.replace("_", " ").split())
    return _prototype(_prototype(words).casefold())


def hides(text: str) -> bool:
    """Whether a character of `text` is drawn as nothing where it stands, or turns the text around it."""
    return any(
        _is_unseen(character) and not _changes(character, before)
        for before, character in zip(" " + text, text, strict=False)
    )


def _is_unseen(character: str) -> bool:
    return (
        unicodedata.category(character) in _UNSEEN
        or character in _UNSEEN_LETTERS
        or any(ord(character) in selectors for selectors in _SELECTORS)
    )


def _changes(character: str, before: str) -> bool:
    """Whether a joiner or a selector changes how the letter before it is drawn."""
    script = unicodedata.name(before, "").partition(" ")[0]
    if character in _JOINERS:
        return script in _JOINED
    return script in _SELECTED and any(ord(character) in selectors for selectors in _SELECTORS)


def _prototype(text: str) -> str:
    prototypes = _prototypes()
    seen = (character for character in unicodedata.normalize("NFD", text) if not _is_unseen(character))
    return unicodedata.normalize("NFD", "".join(prototypes.get(each, each) for each in seen))


@cache
def _prototypes() -> Mapping[str, str]:
    """Each character that is taken for others to the one that stands for all of them.

    The package lists pairs in both directions; what stands for many is the one with most of them.
    """
    from confusable_homoglyphs.confusables import confusables_data

    alike = {
        one: {other["c"].replace("\u200e", "") for other in others}
        for one, others in confusables_data.items()
    }

    def rank(one: str) -> tuple[int, int, str]:
        return len(alike.get(one, ())), len(one), one

    prototypes = {}
    for one, others in alike.items():
        best = max((*others, one), key=rank)
        if len(one) == 1 and best != one:
            prototypes[one] = best
    return prototypes
