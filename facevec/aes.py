"""AES-256-GCM, which seals whatever is encrypted; its library is imported when the first thing is."""

from __future__ import annotations

import secrets

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16


class Sealer:
    """Seals under one key, of `KEY_BYTES`. nonce: `NONCE_BYTES` with which it seals nothing else."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aes = AESGCM(key)

    def seal(self, nonce: bytes, content: bytes, context: bytes = b"") -> bytes:
        """`content`, and `TAG_BYTES` more. context: what it is, or whose; it takes the same to unseal."""
        return self._aes.encrypt(nonce, content, context)

    def unseal(self, nonce: bytes, sealed: bytes, context: bytes = b"") -> bytes | None:
        """What was sealed; None for another key, nonce or context, and for what was changed."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aes.decrypt(nonce, sealed, context)
        except (InvalidTag, ValueError):
            return None


def seal(key: bytes, content: bytes, context: bytes = b"") -> bytes:
    """`content` with a random nonce before it, under a key that seals several things."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + Sealer(key).seal(nonce, content, context)


def unseal(key: bytes, sealed: bytes, context: bytes = b"") -> bytes | None:
    """What `seal` was given; None as `Sealer.unseal`."""
    return Sealer(key).unseal(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
