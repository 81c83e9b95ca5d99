"""How a key is wrapped: a byte for the kind, the wrapping key's name, and AES-256-GCM or what Vault says.

| first byte | then |
|---|---|
| 1 | 8 bytes of the name, 12 of a random nonce, the key under AES-256-GCM |
| 2 | length of the name in a byte, the name, `vault:v1:…` as Vault writes it |
"""

from __future__ import annotations

import hashlib

from facevec import aes
from facevec.errors import MasterKeyWrong

NAME_BYTES = 8
LOCAL, VAULT = b"\1", b"\2"
_HEAD = 1 + NAME_BYTES


def name_of(secret: bytes) -> str:
    """Tells keys apart and tells nothing about them, hexadecimal."""
    return hashlib.blake2b(b"name of a master key", key=secret, digest_size=NAME_BYTES).hexdigest()


def seal(secret: bytes, key: bytes, context: bytes) -> bytes:
    """`key` wrapped under `secret`, for `context`."""
    head = LOCAL + bytes.fromhex(name_of(secret))
    return head + aes.seal(secret, key, head + context)


def unseal(secret: bytes, wrapped: bytes, context: bytes) -> bytes:
    """Raises MasterKeyWrong for what `seal` did not write so."""
    key = aes.unseal(secret, wrapped[_HEAD:], wrapped[:_HEAD] + context)
    if key is None:
        raise MasterKeyWrong(
            f"What was wrapped under the master key {name_of(secret)} was changed, or was wrapped for "
            "something else; restore the registry from a backup."
        )
    return key


def of_vault(name: str, ciphertext: str) -> bytes:
    """What Vault answered, with the name of the key that it was asked for."""
    return VAULT + bytes([len(name.encode())]) + name.encode() + ciphertext.encode()


def from_vault(wrapped: bytes) -> str:
    """What Vault had answered. Raises MasterKeyWrong where it was not Vault."""
    if wrapped[:1] != VAULT:
        raise MasterKeyWrong(
            f"This was wrapped under the master key {wrapped_under(wrapped)}, which is not Vault's; name "
            "that one in keys.before."
        )
    return wrapped[2 + wrapped[1] :].decode("ascii", "replace")


def wrapped_under(wrapped: bytes) -> str:
    """The name of the master key that something was wrapped under. Raises MasterKeyWrong for what is none."""
    if wrapped[:1] == LOCAL and len(wrapped) > _HEAD + aes.NONCE_BYTES:
        return wrapped[1:_HEAD].hex()
    if wrapped[:1] == VAULT and len(wrapped) > 2 + wrapped[1]:  # the byte of its length
        return wrapped[2 : 2 + wrapped[1]].decode("utf-8", "replace")
    raise MasterKeyWrong("This is no key that was wrapped under a master key; restore the registry.")
