"""Keys of what is made of a registry, wrapped under the registry's own."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from facevec.registry.encryption.keyring import keyring_of
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.wrapping import version_of
from facevec.registry.engine import reading


class SqlKeyWrap:
    """`ports.KeyWrap` of the registry in the database, which is asked for when the first key is."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine

    def encrypts(self) -> bool:
        with reading(self._engine()) as connection:
            return key_set_of(connection) is not None

    def wrap(self, key: bytes) -> bytes | None:
        with reading(self._engine()) as connection:
            if key_set_of(connection) is None:
                return None
            return keyring_of(connection).newest(connection).wrap(key)

    def unwrap(self, wrapped: bytes) -> bytes | None:
        with reading(self._engine()) as connection:
            key = keyring_of(connection).key(connection, version_of(wrapped))
        return None if key is None else key.unwrap(wrapped)
