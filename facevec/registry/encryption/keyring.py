"""The registry keys of one registry, each unwrapped once: the master key may be another machine."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, bindparam, delete, insert, select

from facevec.aes import KEY_BYTES
from facevec.errors import MasterKeyUnavailable, RegistryError
from facevec.ports import MasterKey
from facevec.registry.encryption.wrapping import RegistryKey, version_of
from facevec.registry.tables import RegistryKeyRow, StateRow

KEYRING = "facevec_keyring"
"""The option of every connection that holds the keyring."""

_KEY = select(RegistryKeyRow.__table__).where(RegistryKeyRow.version == bindparam("of"))

MasterKeyOf = Callable[[], MasterKey]


class Keyring:
    """The registry keys that were unwrapped by now. master: asked for when the first is.

    lookups: what words are hashed with, by how it is stored; see `words`.
    """

    def __init__(self, master: MasterKeyOf | None = None) -> None:
        self._master = master
        self._known: dict[bytes, RegistryKey] = {}
        self.lookups: dict[bytes, bytes] = {}

    def key(self, connection: Connection, version: int) -> RegistryKey | None:
        """The one of this version; None where there is none.

        Raises MasterKeyWrong, MasterKeyUnavailable.
        """
        row = connection.execute(_KEY, {"of": version}).one_or_none()
        return None if row is None else self._unwrapped(connection, row.version, row.wrapped)

    def unwrapped(self, connection: Connection, keys: Mapping[int, bytes]) -> Mapping[int, bytes]:
        """Keys of data by their slots, without those that were changed or whose registry key is gone.

        Raises as `key`.
        """
        known = {version: self.key(connection, version) for version in {*map(version_of, keys.values())}}
        tried = (
            (slot, under.unwrap(wrapped))
            for slot, wrapped in keys.items()
            if (under := known[version_of(wrapped)]) is not None
        )
        return {slot: key for slot, key in tried if key is not None}

    def newest(self, connection: Connection) -> RegistryKey:
        """The one that wraps what is encrypted now. Raises as `key`, RegistryError."""
        newest = select(RegistryKeyRow.__table__).order_by(RegistryKeyRow.version.desc()).limit(1)
        row = connection.execute(newest).one_or_none()
        if row is None:
            raise RegistryError(
                "The registry has lost the key that its keys are wrapped under; restore it from a backup."
            )
        return self._unwrapped(connection, row.version, row.wrapped)

    def master(self) -> MasterKey:
        """Raises MasterKeyUnavailable."""
        if self._master is None:
            raise MasterKeyUnavailable("The registry was opened without the master key.")
        return self._master()

    def _unwrapped(self, connection: Connection, version: int, wrapped: bytes) -> RegistryKey:
        key = self._known.get(wrapped)
        if key is None:
            key = RegistryKey(version, self.master().unwrap(wrapped, context(connection, version)))
            self._known[wrapped] = key
        return key


def keyring_of(connection: Connection) -> Keyring:
    """The keyring that came with the engine."""
    keyring: Keyring | None = connection.get_execution_options().get(KEYRING)
    return keyring or Keyring()


def add_key(connection: Connection, master: MasterKey) -> int:
    """Make a new registry key, under `master`, which wraps from now on; its version."""
    versions = connection.scalars(select(RegistryKeyRow.version)).all()
    version = max(versions, default=0) + 1
    wrapped = master.wrap(secrets.token_bytes(KEY_BYTES), context(connection, version))
    connection.execute(insert(RegistryKeyRow).values(version=version, wrapped=wrapped))
    return version


def forget_before(connection: Connection, version: int) -> None:
    """Delete registry keys of before, under which nothing is wrapped any more."""
    connection.execute(delete(RegistryKeyRow).where(RegistryKeyRow.version < version))


def context(connection: Connection, version: int) -> bytes:
    """What a registry key is wrapped for."""
    registry = connection.scalar(select(StateRow.registry_id))
    return f"facevec registry key {registry} {version}".encode()
