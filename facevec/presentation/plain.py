"""Text that a terminal shows and does not obey."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` in one line, control characters and marks that turn its direction shown instead of obeyed."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
