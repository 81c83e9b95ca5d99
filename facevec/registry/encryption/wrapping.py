"""A key of data, wrapped under a registry key: 64 bytes.

| bytes | what |
|---|---|
| 4 | which registry key, by its version; none is 0 |
| 12 | a random nonce |
| 48 | the key under AES-256-GCM |
"""

from __future__ import annotations

from facevec.aes import Sealer

_VERSION_BYTES = 4


class RegistryKey:
    """What wraps keys of data; version: counts from 1. It is made ready once, not for each of many keys."""

    def __init__(self, version: int, secret: bytes) -> None:
        self.version = version
        self._sealer = Sealer(secret)

    def wrap(self, key: bytes) -> bytes:
        """`key` as it is kept."""
        head = self.version.to_bytes(_VERSION_BYTES, "big")
        return head + self._sealer.wrap(key, head)

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """What was wrapped; None for what was changed, or wrapped under another key."""
        return self._sealer.unwrap(wrapped[_VERSION_BYTES:], wrapped[:_VERSION_BYTES])


def version_of(wrapped: bytes) -> int:
    """Of the registry key that something is wrapped under."""
    return int.from_bytes(wrapped[:_VERSION_BYTES], "big")
