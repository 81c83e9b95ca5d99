"""Master keys for tests, in place of a file or another machine."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facevec.errors import MasterKeyUnavailable, MasterKeyWrong


class MadeUpMaster:
    """`ports.MasterKey` of a name; asked counts how often it unwrapped."""

    def __init__(
        self, name: str = "master-a", *, before: tuple[str, ...] = (), is_there: bool = True
    ) -> None:
        self.name = name
        self._names = (name, *before)
        self.is_there = is_there
        self.asked = 0

    def wrap(self, key: bytes, context: bytes) -> bytes:
        self._require_there()
        nonce = secrets.token_bytes(12)
        return self.name.encode().ljust(16) + nonce + _cipher(self.name).encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        self._require_there()
        self.asked += 1
        name = wrapped[:16].decode().strip()
        if name in self._names:
            try:
                return _cipher(name).decrypt(wrapped[16:28], wrapped[28:], context)
            except InvalidTag:
                pass
        raise MasterKeyWrong(f"This was wrapped under {name}, and here is {self.name}.")

    def is_current(self, wrapped: bytes) -> bool:
        return wrapped[:16].decode().strip() == self.name

    def learn(self, name: str) -> None:
        """Of a rotation in another process."""
        self._names = (*self._names, name)

    def _require_there(self) -> None:
        if not self.is_there:
            raise MasterKeyUnavailable("The master key is not there.")


def _cipher(name: str) -> AESGCM:
    return AESGCM(hashlib.sha256(name.encode()).digest())


def under(wrapped: bytes) -> str:
    """The name of what wrapped it."""
    return wrapped[:16].decode().strip()
