"""A generation under a key of its own, which lies beside its files, wrapped, and is destroyed before they go.

AES-256-GCM; a nonce is the number of a file and a place in it, and every place is written once.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from facevec.aes import KEY_BYTES, Sealer
from facevec.errors import GalleryError
from facevec.files import creating
from facevec.ports import KeyWrap

KEY = "generation.key"


class Cipher:
    """Seals the files of one generation. key: 32 bytes that seal nothing else."""

    def __init__(self, key: bytes) -> None:
        self._sealer = Sealer(key)

    @classmethod
    def passing(cls) -> Cipher:
        """One for as long as this process lives."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def seal(self, file: int, place: int, data: bytes) -> bytes:
        """`data`, and `aes.TAG_BYTES` more."""
        return self._sealer.seal(_nonce(file, place), data)

    def unseal(self, file: int, place: int, sealed: bytes) -> bytes:
        """What was sealed. Raises ValueError for what was not sealed so."""
        data = self._sealer.unseal(_nonce(file, place), sealed)
        if data is None:
            raise ValueError("it was changed or damaged")
        return data


def begin(folder: Path, wrap: KeyWrap | None) -> Cipher | None:
    """Make the key of the generation in `folder`; None where none is encrypted."""
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = None if wrap is None else wrap.wrap(key)
    if wrapped is None:
        return None
    with creating(folder / KEY) as file:
        file.write(wrapped)
    return Cipher(key)


def cipher_of(folder: Path, wrap: KeyWrap | None) -> Cipher:
    """That of a generation that is encrypted. Raises GalleryError, OSError, and as `KeyWrap.unwrap`."""
    key = None if wrap is None else wrap.unwrap((folder / KEY).read_bytes())
    if key is None:
        raise GalleryError(
            f"Generation {folder.name} is encrypted under a key that the registry has no more; run `facevec "
            "index rebuild`."
        )
    return Cipher(key)


def is_sealed(folder: Path) -> bool:
    """Whether the generation in `folder` is encrypted, be its key destroyed or not."""
    return (folder / KEY).exists()


def destroy(folder: Path) -> None:
    """Write over the key of the generation in `folder`, if it has one. Raises OSError."""
    path = folder / KEY
    if path.exists():
        with path.open("rb+") as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())


def _nonce(file: int, place: int) -> bytes:
    return file.to_bytes(4, "big") + place.to_bytes(8, "big")
