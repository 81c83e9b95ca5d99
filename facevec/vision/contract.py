"""The name under which vectors may be compared: templates of two contracts never are."""

from __future__ import annotations

import hashlib

_DIGITS = 16


def contract_of(meaning: str) -> str:
    """A short hash of `meaning`, which says all that decides what a template means."""
    return hashlib.sha256(meaning.encode()).hexdigest()[:_DIGITS]
