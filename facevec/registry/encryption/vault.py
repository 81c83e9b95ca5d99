"""Values that are encrypted before they are stored, and read again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, update

from facevec.aes import KEY_BYTES
from facevec.errors import RegistryError
from facevec.events import Events
from facevec.registry.encryption import keyring
from facevec.registry.encryption.carrying import new_key_set
from facevec.registry.encryption.datakeys import ENCRYPTED, WORDS, data_keys, file_of
from facevec.registry.encryption.turn import Sealing, key_set_of, turn_of
from facevec.registry.encryption.values import is_sealed, seal, slot_of, unseal
from facevec.registry.tables import (
    STATE_ID,
    Base,
    ConsentTextRow,
    PhotoRow,
    SealRow,
    StateRow,
    TemplateRow,
    VisitRow,
    WorkerRow,
)

LISTED = 10

_WHOSE: Mapping[type[Base], tuple[str, ...]] = {
    WorkerRow: ("name_key", "external_key"),
    TemplateRow: ("worker_id", "photo_id", "contract"),
    SealRow: ("worker_id", "contract"),
    PhotoRow: ("worker_id", "sha256"),
    VisitRow: ("worker_id", "day"),
    ConsentTextRow: ("version",),
    StateRow: ("id",),
}
"""What a row is told by when it is written: a worker has no id by then, which their mark holds."""

logger = Events()


def begin(connection: Connection) -> None:
    """From the next transaction on encrypt what is stored; what is there stays as it is.

    Raises MasterKeyUnavailable, RegistryError.
    """
    if key_set_of(connection) is None:
        master = keyring.keyring_of(connection).master()
        key_set = new_key_set()
        file = file_of(connection, key_set)
        if file is not None:
            file.make()
        keyring.add_key(connection, master)
        connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(key_set=key_set))


def sealed(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` as it is to be written to `table`: each value that it has in clear under a key of its own.

    As it is where the registry is in clear. Raises MasterKeyWrong, MasterKeyUnavailable, RegistryError.
    """
    stored = {**row}
    for column in ENCRYPTED[table]:
        value = stored.get(column)
        using = None if value is None or is_sealed(value) else sealing(connection)
        if value is not None and using is not None:
            key = secrets.token_bytes(KEY_BYTES)
            slot = using.keys.add(using.under.wrap(key))
            turn_of(connection).made(slot)
            stored[column] = seal(key, slot, value, _context(table, column, stored))
    return stored


def sealing(connection: Connection) -> Sealing | None:
    """What encrypts in this transaction, asked for once; None in a registry that is in clear.

    Raises as `sealed`.
    """
    turn = turn_of(connection)
    if turn.sealing is None:
        key_set = key_set_of(connection)
        if key_set is None:
            return None
        under = keyring.keyring_of(connection).newest(connection)
        turn.sealing = Sealing(under, data_keys(connection, key_set))
    return turn.sealing


def opened(
    connection: Connection, table: type[Base], rows: Sequence[Row[Any]], column: str | None = None
) -> list[bytes | None]:
    """The value of each row of `table` in clear; None of those that have none, whose key was destroyed, and
    that somebody changed. These are logged. column: the last that may be encrypted, unless it is named.

    Raises as `sealed`.
    """
    column = column or ENCRYPTED[table][-1]
    values: list[bytes | None] = [row._mapping[column] for row in rows]
    places = [place for place, value in enumerate(values) if value is not None and is_sealed(value)]
    if not places:
        return values
    keys = _keys(connection, {slot_of(values[place] or b"") for place in places})
    for place in places:
        value = values[place] or b""
        key = keys.get(slot_of(value))
        context = _context(table, column, rows[place]._mapping)
        values[place] = None if key is None else unseal(key, value, context)
    left_out = [rows[place] for place in places if values[place] is None]
    if left_out:
        _tell(table, left_out)
    return values


def _keys(connection: Connection, slots: set[int]) -> Mapping[int, bytes]:
    """Those that are there and can be unwrapped."""
    key_set = key_set_of(connection)
    if key_set is None:
        raise RegistryError(
            "The registry holds encrypted faces and does not say under which keys; restore it from a backup."
        )
    kept, ring = data_keys(connection, key_set), keyring.keyring_of(connection)
    wrapped = kept.read(slots)
    keys = ring.unwrapped(connection, wrapped)
    if len(keys) < len(wrapped):  # they may have been wrapped anew meanwhile
        keys = ring.unwrapped(connection, kept.read(slots))
    return keys


def _context(table: type[Base], column: str, row: Mapping[Any, Any]) -> bytes:
    """Whose value it is, and what for: it is read in no other row and no other column."""
    what = (WORDS,) if column == WORDS else ()
    parts = (table.__tablename__, *what, *(str(row[name]) for name in _WHOSE[table]))
    return "\0".join(parts).encode()


def _tell(table: type[Base], rows: Sequence[Row[Any]]) -> None:
    own = (row._mapping.get("worker_id", row._mapping.get("id")) for row in rows)
    workers = sorted({each for each in own if each is not None})
    logger.error(
        "not_decrypted", table=table.__tablename__, workers=workers[:LISTED], count=len(rows),
        instead="left out: the key was destroyed, or the value was changed",
    )  # fmt: skip
