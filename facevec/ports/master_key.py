"""The key under which the keys of data are wrapped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class MasterKey(Protocol):
    """Lies outside the home and wraps keys of data, which lie in it.

    It may be another machine that is asked, some milliseconds a call: wrap one key under which others are,
    not a key a row. Every method raises MasterKeyUnavailable where the key cannot be had.
    """

    @property
    def name(self) -> str:
        """Which key it is, and nothing about it: what is wrapped now is wrapped under this one."""
        ...

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """`key` as nobody reads it without this one. context: what it is for; it takes the same to unwrap."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """What was wrapped, under this key or one from before.

        Raises MasterKeyWrong for another key or context, and for what was changed.
        """
        ...

    def is_current(self, wrapped: bytes) -> bool:
        """Whether it was wrapped under the key called `name`, and not under one from before."""
        ...


class KeyWrap(Protocol):
    """Wraps keys of what is made of the registry, under the registry's own."""

    def encrypts(self) -> bool:
        """Whether what is made of it now has to be encrypted. Raises RegistryError."""
        ...

    def wrap(self, key: bytes) -> bytes | None:
        """None where nothing is encrypted. Raises RegistryError."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes | None:
        """None for what was wrapped under a key that is gone. Raises RegistryError."""
        ...


class WrappedKeys(Protocol):
    """All that is wrapped under the master key. Every method may raise RegistryError."""

    def names(self) -> Mapping[str, int]:
        """How many keys are wrapped under each master key, by its name (`envelope.wrapped_under`)."""
        ...

    def rewrap(self, master: MasterKey) -> int:
        """Wrap anew what is not current; how many those were.

        Killed, it has done some, which are on the disk; called again, it does the rest.
        """
        ...
