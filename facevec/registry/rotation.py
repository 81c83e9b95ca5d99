"""All keys wrapped anew under another master key, some at a time; after a kill the rest are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice

from sqlalchemy import Connection, Engine, select

from facevec.errors import RegistryError
from facevec.ports import MasterKey
from facevec.registry.encryption import keyring
from facevec.registry.encryption.datakeys import DataKeys, data_keys
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.wrapping import version_of
from facevec.registry.engine import reading, writing
from facevec.registry.state import take_turn
from facevec.registry.tables import RegistryKeyRow

AT_ONCE = 2_000
"""Keys of data that are wrapped anew in one transaction, for which writers wait."""


class SqlWrappedKeys:
    """`ports.WrappedKeys`: the registry keys, under which those of data are. wrapped_under: the name of the
    master key, by what it has wrapped."""

    def __init__(self, engine: Engine, wrapped_under: Callable[[bytes], str]) -> None:
        self._engine = engine
        self._wrapped_under = wrapped_under

    def names(self) -> Mapping[str, int]:
        with reading(self._engine) as connection:
            return Counter(map(self._wrapped_under, connection.scalars(select(RegistryKeyRow.wrapped))))

    def rewrap(self, master: MasterKey) -> int:
        """A new registry key wraps the keys of data from now on, so that whoever has the master key of before
        and an older copy of the registry key reads nothing that comes."""
        with writing(self._engine) as connection:
            take_turn(connection)
            rows = connection.execute(select(RegistryKeyRow.__table__).order_by(RegistryKeyRow.version)).all()
            if not rows:
                return 0
            if not master.is_current(rows[-1].wrapped):
                keyring.add_key(connection, master)
            newest = keyring.keyring_of(connection).newest(connection).version
        after: int | None = 0
        while after is not None:
            after = self._some_wrapped_anew(newest, after)
        with writing(self._engine) as connection:
            take_turn(connection)
            keyring.forget_before(connection, newest)
        return sum(1 for row in rows if not master.is_current(row.wrapped))

    def _some_wrapped_anew(self, newest: int, after: int) -> int | None:
        """Of the slots behind `after`; the last of them, None where there was none."""
        with writing(self._engine) as connection:
            take_turn(connection)
            kept, ring = _kept(connection), keyring.keyring_of(connection)
            old = ((slot, each) for slot, each in kept.all(after) if version_of(each) != newest)
            some = dict(islice(old, AT_ONCE))
            wrapping = ring.key(connection, newest)
            if wrapping is not None:
                # What was changed stays: nobody reads what it is the key of, neither before nor after.
                keys = ring.unwrapped(connection, some)
                kept.replace({slot: wrapping.wrap(key) for slot, key in keys.items()})
            return max(some, default=None)


def _kept(connection: Connection) -> DataKeys:
    key_set = key_set_of(connection)
    if key_set is None:
        raise RegistryError("Nothing is encrypted here any more.")
    return data_keys(connection, key_set)
