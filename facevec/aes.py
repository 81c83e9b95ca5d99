"""AES-256-GCM, which seals whatever is encrypted; its library is imported when the first thing is."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16


class Sealer:
    """Seals under one key, of `KEY_BYTES`. nonce: `NONCE_BYTES` with which it seals nothing else."""

    def __init__(self, key: bytes) -> None:
        cipher, self._refused = _library()
        self._aes = cipher(key)

    def seal(self, nonce: bytes, content: bytes, context: bytes = b"") -> bytes:
        """`content`, and `TAG_BYTES` more. context: what it is, or whose; it takes the same to unseal."""
        return self._aes.encrypt(nonce, content, context)

    def unseal(self, nonce: bytes, sealed: bytes, context: bytes = b"") -> bytes | None:
        """What was sealed; None for another key, nonce or context, and for what was changed."""
        try:
            return self._aes.decrypt(nonce, sealed, context)
        except self._refused:
            return None

    def wrap(self, content: bytes, context: bytes = b"") -> bytes:
        """`content` with a random nonce before it, of a key that seals several things."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self.seal(nonce, content, context)

    def unwrap(self, wrapped: bytes, context: bytes = b"") -> bytes | None:
        """What was wrapped; None as `unseal`."""
        return self.unseal(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)


@cache
def _library() -> tuple[type[AESGCM], tuple[type[Exception], ...]]:
    """The cipher, and what it raises at what it refuses. Of every value that has a key of its own, importing
    it again would take most of the time."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM, (InvalidTag, ValueError)


def seal(key: bytes, content: bytes, context: bytes = b"") -> bytes:
    """As `Sealer.wrap`, once."""
    return Sealer(key).wrap(content, context)


def unseal(key: bytes, sealed: bytes, context: bytes = b"") -> bytes | None:
    """As `Sealer.unwrap`, once."""
    return Sealer(key).unwrap(sealed, context)
