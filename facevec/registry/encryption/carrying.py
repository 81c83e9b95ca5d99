"""Keys of data that are carried with a registry: into a backup, another engine, another place."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, inspect, select, update

from facevec.errors import RegistryError
from facevec.files import sync_folder
from facevec.registry.address import sqlite_file
from facevec.registry.encryption.datakeys import beside, data_keys, file_of, used
from facevec.registry.encryption.slots import SlotFile
from facevec.registry.encryption.turn import key_set_of
from facevec.registry.encryption.wrapping import version_of
from facevec.registry.tables import STATE_ID, DataKeyRow, RegistryKeyRow, StateRow

_KEY_SET_BYTES = 8


def new_key_set() -> str:
    """A name that no other set of keys has."""
    return secrets.token_hex(_KEY_SET_BYTES)


def keys_beside(connection: Connection) -> SlotFile | None:
    """Where the keys of a registry lie, if not in its database."""
    key_set = key_set_of(connection)
    return None if key_set is None else file_of(connection, key_set)


def holds(connection: Connection) -> bool:
    """Whether the schema has room for keys."""
    return inspect(connection).has_table(DataKeyRow.__tablename__)


def copy(connection: Connection, database: Path) -> None:
    """Have the keys as they are in this transaction beside a copy of its database, too."""
    key_set = key_set_of(connection) if holds(connection) else None
    file = None if key_set is None else file_of(connection, key_set)
    if key_set is not None and file is not None:
        file.copy(beside(database, key_set))


def put(connection: Connection, keys: Mapping[int, bytes]) -> None:
    """Put wrapped keys that came with a registry beside its database, whose state is there by now."""
    file = keys_beside(connection)
    if file is None:
        raise RegistryError("There are keys of nothing that is encrypted.")
    if not file.path.exists():
        file.make()
    file.write(keys)


def destroy_unused(connection: Connection) -> int:
    """Destroy the keys of what is not there; how many. Nobody writes to the registry meanwhile."""
    key_set = key_set_of(connection)
    if key_set is None:
        return 0
    keys, wanted = data_keys(connection, key_set), {*used(connection)}
    unused = [slot for slot, _ in keys.all() if slot not in wanted]
    keys.destroy(unused)
    return len(unused)


def without_key(connection: Connection) -> int:
    """How many encrypted values have no key that could open them; none is decrypted."""
    key_set, wanted = key_set_of(connection), {*used(connection)}
    if key_set is None:
        return len(wanted)
    versions = {*connection.scalars(select(RegistryKeyRow.version))}
    keys = data_keys(connection, key_set).all()
    return len(wanted - {slot for slot, wrapped in keys if version_of(wrapped) in versions})


def call_anew(connection: Connection) -> None:
    """Give a restored registry's set of keys a name of its own: the one of before stands beside it."""
    file, key_set = keys_beside(connection), new_key_set()
    if key_set_of(connection) is not None:
        connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(key_set=key_set))
    own = keys_beside(connection)
    if file is not None and own is not None and file.path.exists():
        file.path.rename(own.path)


def sets_beside(database: Path) -> dict[str, Path]:
    """Every file of keys beside a database, by the name of its set."""
    first = beside(database, "").name
    inside = [path for path in database.parent.iterdir() if path.name.startswith(first)]
    return {path.name.removeprefix(first): path for path in inside if path.suffix != ".lock"}


def of_others(connection: Connection) -> list[Path]:
    """Files of keys beside the database that are not its own: of one that took its place or did not."""
    file = keys_beside(connection)
    database = sqlite_file(connection.engine.url)
    if database is None:
        return []
    return sorted(path for path in sets_beside(database).values() if file is None or path != file.path)


def move(database: Path, to: Path, but: Collection[str] = ()) -> None:
    """Have the keys beside `database` stand beside `to`, all sets `but` some. Raises OSError."""
    for key_set, path in sets_beside(database).items():
        if key_set not in but:
            path.rename(beside(to, key_set))
    sync_folder(to.parent)


def destroy_beside(database: Path, but: Collection[str] = ()) -> None:
    """Destroy the keys beside a database that is gone, all sets `but` some."""
    for key_set, path in sets_beside(database).items():
        if key_set not in but:
            with suppress(RegistryError):
                SlotFile(path).remove()
