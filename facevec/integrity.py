"""The key that vouches for what decides, and the marks that it makes: keyed BLAKE2b, 256 bits.

A hash beside a file tells damage; whoever may write the file writes the hash too. A mark takes the key, which
lies elsewhere: what somebody else wrote has none that holds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from facevec.errors import IntegrityKeyUnusable
from facevec.files import create_whole, open_file

SHORTEST = 32
"""Characters that a key's file has at least."""

LONGEST = 4096
MARK_BYTES = 32
FINGERPRINT_BYTES = 4


@dataclass(frozen=True, slots=True)
class IntegrityKey:
    """32 secret bytes. origin: the file they come from, for messages."""

    secret: bytes = field(repr=False)
    origin: str

    @classmethod
    def passing(cls) -> IntegrityKey:
        """One for as long as this process lives."""
        return cls(secrets.token_bytes(MARK_BYTES), "this process")

    @property
    def fingerprint(self) -> str:
        """Tells keys apart and tells nothing about them, hexadecimal."""
        return self.mark("fingerprint", ())[:FINGERPRINT_BYTES].hex()

    def mark(self, kind: str, parts: Iterable[bytes]) -> bytes:
        """The mark of `parts`, as they are divided, as something of this kind."""
        divided = [
            piece for part in (kind.encode(), *parts) for piece in (len(part).to_bytes(8, "little"), part)
        ]
        return hashlib.blake2b(b"".join(divided), key=self.secret, digest_size=MARK_BYTES).digest()

    def made(self, mark: bytes | None, kind: str, parts: Iterable[bytes]) -> bool:
        """Whether `mark` is that of `parts` under this key; compared in constant time."""
        return mark is not None and hmac.compare_digest(mark, self.mark(kind, parts))


def key_at(path: Path) -> IntegrityKey:
    """The key in the file at `path`; at first use it is made, for its owner only.

    Raises IntegrityKeyUnusable for a file that cannot be read or made, or is too short to be a key.
    """
    try:
        with suppress(FileNotFoundError):
            return _read(path)
        create_whole(path, f"{secrets.token_hex(MARK_BYTES)}\n".encode())
        return _read(path)
    except OSError as error:
        raise IntegrityKeyUnusable(
            f"The integrity key {path} cannot be read or made: {error.strerror or error}; set "
            "integrity.key_file to a file outside of FACEVEC_HOME that can."
        ) from error


def _read(path: Path) -> IntegrityKey:
    with open_file(path) as file:
        text = file.read(LONGEST).strip()
    if len(text) < SHORTEST:
        raise IntegrityKeyUnusable(
            f"The integrity key {path} is shorter than {SHORTEST} characters; put it back from where it is "
            "kept, or move the file away and run `facevec integrity adopt`."
        )
    return IntegrityKey(hashlib.blake2b(text, digest_size=MARK_BYTES).digest(), str(path))
