"""Master keys that this process holds, read from a text that is nowhere in the settings."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field

from facevec.aes import KEY_BYTES
from facevec.errors import MasterKeyUnavailable, MasterKeyWrong
from facevec.masterkeys.envelope import name_of, seal, unseal, wrapped_under

HEX_LENGTH = 2 * KEY_BYTES
_FEWEST_BYTES = 10
"""Different ones, of 32; of 32 that are random fewer are never seen."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """`ports.MasterKey` of secrets. secret: wraps. before: only unwrap. origin: for messages."""

    secret: bytes = field(repr=False)
    origin: str
    before: Sequence[bytes] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        return name_of(self.secret)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        return seal(self.secret, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        under = wrapped_under(wrapped)
        for secret in (self.secret, *self.before):
            if name_of(secret) == under:
                return unseal(secret, wrapped, context)
        raise MasterKeyWrong(
            f"This was wrapped under the master key {under}, and {self.origin} is {self.name}; bring "
            f"{under} back, or name where it is in keys.before."
        )

    def is_current(self, wrapped: bytes) -> bool:
        return wrapped_under(wrapped) == self.name


def secret_in(text: bytes, origin: str) -> bytes:
    """The 32 bytes that a text spells, in hexadecimal or base64; what is wrong is said without the text.

    Raises MasterKeyUnavailable.
    """
    secret = _spelt(b"".join(text.split()))
    if secret is None or len(secret) != KEY_BYTES:
        raise MasterKeyUnavailable(
            f"{origin} is no master key: that is {KEY_BYTES} random bytes, in hexadecimal or base64, as "
            f"`openssl rand -hex {KEY_BYTES}` writes them."
        )
    if len(set(secret)) < _FEWEST_BYTES:
        raise MasterKeyUnavailable(
            f"{origin} is no random key; make one with `openssl rand -hex {KEY_BYTES}`."
        )
    return secret


def _spelt(text: bytes) -> bytes | None:
    try:
        if len(text) == HEX_LENGTH:
            return bytes.fromhex(text.decode("ascii"))
        padded = text.rstrip(b"=") + b"=" * (-len(text.rstrip(b"=")) % 4)
        return base64.b64decode(
            padded, altchars=b"-_" if b"-" in text or b"_" in text else None, validate=True
        )
    except (ValueError, binascii.Error):
        return None
