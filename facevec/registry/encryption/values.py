"""How an encrypted value is stored.

| bytes | what |
|---|---|
| 5 | `MAGIC`, with which neither a picture nor a unit vector begins |
| 8 | the slot in which its key lies, big-endian |
| n | the value under AES-256-GCM |
| 16 | the tag, which covers the context, too: whose value it is, and what for |

A key encrypts one value and no other, so the nonce can be constant.
"""

from __future__ import annotations

from facevec.aes import NONCE_BYTES, TAG_BYTES, Sealer

MAGIC = b"\0fv\x011"
_SLOT_BYTES = 8
HEAD = len(MAGIC) + _SLOT_BYTES
MORE = HEAD + TAG_BYTES
"""Bytes that an encrypted value has more than a clear one."""

_NONCE = bytes(NONCE_BYTES)


def is_sealed(stored: bytes) -> bool:
    """Whether a stored value is encrypted."""
    return stored.startswith(MAGIC)


def bytes_in_clear(head: bytes, length: int) -> int:
    """Of a stored value that begins with `head` and is so long."""
    return length - MORE if is_sealed(head) else length


def slot_of(stored: bytes) -> int:
    """Where the key of an encrypted value lies; its head is enough."""
    return int.from_bytes(stored[len(MAGIC) : HEAD], "big")


def seal(key: bytes, slot: int, value: bytes, context: bytes) -> bytes:
    """`value` as it is stored. key: 32 bytes that encrypt nothing else."""
    head = MAGIC + slot.to_bytes(_SLOT_BYTES, "big")
    return head + Sealer(key).seal(_NONCE, value, head + context)


def unseal(key: bytes, stored: bytes, context: bytes) -> bytes | None:
    """What `seal` was given; None for another key or context, and for what was changed."""
    return Sealer(key).unseal(_NONCE, stored[HEAD:], stored[:HEAD] + context)
