"""A key of data, wrapped under a registry key: 64 bytes.

| bytes | what |
|---|---|
| 4 | which registry key, by its version; none is 0 |
| 12 | a random nonce |
| 48 | the key under AES-256-GCM |
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

KEY_BYTES = 32
_VERSION_BYTES, _NONCE_BYTES = 4, 12
_SEALED_AT = _VERSION_BYTES + _NONCE_BYTES


@dataclass(frozen=True, slots=True)
class RegistryKey:
    """What wraps keys of data; version: counts from 1."""

    version: int
    secret: bytes = field(repr=False)

    def wrap(self, key: bytes) -> bytes:
        """`key` as it is kept."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, nonce = self.version.to_bytes(_VERSION_BYTES, "big"), secrets.token_bytes(_NONCE_BYTES)
        return head + nonce + AESGCM(self.secret).encrypt(nonce, key, head)

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """What was wrapped; None for what was changed, or wrapped under another key."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, nonce = wrapped[:_VERSION_BYTES], wrapped[_VERSION_BYTES:_SEALED_AT]
        try:
            return AESGCM(self.secret).decrypt(nonce, wrapped[_SEALED_AT:], head)
        except (InvalidTag, ValueError):
            return None


def version_of(wrapped: bytes) -> int:
    """Of the registry key that something is wrapped under."""
    return int.from_bytes(wrapped[:_VERSION_BYTES], "big")
