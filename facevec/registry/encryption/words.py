"""Words that tell who somebody is: encrypted as one value a row, and found by keyed hashes.

`PERSONAL` says which columns hold such words. Where they are encrypted, the row has all of them as JSON in
its column `words`, under a key of its own, and in the columns themselves nothing is left but, in those that
rows are found by, a hash under a key that the registry has for it: whoever has the database alone cannot try
names.

A hash is 64 characters long and begins with one that is in no name; the next says whether the word is a
number, as some external ids are.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select, update

from facevec.aes import KEY_BYTES
from facevec.errors import RegistryError
from facevec.registry.encryption import vault
from facevec.registry.encryption.datakeys import WORDS
from facevec.registry.encryption.keyring import keyring_of
from facevec.registry.names import NUMBER, canonical_name, is_numeric
from facevec.registry.state import take_turn
from facevec.registry.tables import STATE_ID, Base, ConsentTextRow, PhotoRow, StateRow, WorkerRow

UNREADABLE = "(encrypted)"
"""In place of words that cannot be decrypted."""

PERSONAL: Mapping[type[Base], Mapping[str, Callable[[str], str] | None]] = {
    WorkerRow: {
        "name": None,
        "external_id": None,
        "name_key": canonical_name,
        "external_key": str,
        "name_skeleton": str,
    },
    PhotoRow: {"source": None, "sha256": str},
    ConsentTextRow: {"text": None, "added_by": None},
}
"""Columns of words. Of those that rows are found by: what is hashed, of the word in clear."""

_HASHED, _NUMBERED, _OTHER = "\x01", "\x01#", "\x01~"
_DIGEST_BYTES = 31

_LOOKUP: Any = select(StateRow.id, StateRow.lookup).where(StateRow.id == STATE_ID)


def sealed(connection: Connection, table: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    """`row`, in clear, as it is to be written to `table`: as it is where the registry is in clear.

    Raises MasterKeyWrong, MasterKeyUnavailable, RegistryError.
    """
    if table in PERSONAL and vault.sealing(connection) is not None:
        row = _packed(_lookup(connection) or _made_lookup(connection), table, row)
    return vault.sealed(connection, table, row)


def opened(
    connection: Connection, table: type[Base], rows: Sequence[Row[Any]], *, strict: bool = False
) -> list[dict[Any, Any]]:
    """Each row of `table` with its words in clear, whatever else it was selected with.

    Words that cannot be decrypted are UNREADABLE; strict: where the keys are not there, that is an error.
    Raises as `sealed`, if strict.
    """
    values = [{**row._mapping} for row in rows]
    if not any(value[WORDS] for value in values):
        return values
    try:
        words = vault.opened(connection, table, rows, WORDS)
    except RegistryError:
        if strict:
            raise
        words = [None] * len(rows)
    for value, packed in zip(values, words, strict=True):
        if value[WORDS] is None:
            continue
        own = {name: value[name] for name in PERSONAL[table] if value.get(name) is not None}
        if packed is None:
            value.update(dict.fromkeys(own, UNREADABLE))
        else:
            known = json.loads(packed)
            value.update({name: known.get(name, word) for name, word in own.items()}, words=None)
    return values


def changed(
    connection: Connection, table: type[Base], before: Row[Any], changes: Mapping[str, Any]
) -> dict[str, Any]:
    """What is to be written of a row, all of whose columns are `before`, to have it with these `changes`.

    What is in clear stays so. Raises as `sealed`, and RegistryError for words that cannot be decrypted: they
    would be lost.
    """
    if before._mapping[WORDS] is None or not PERSONAL[table].keys() & changes.keys():
        return {**changes}
    (clear,) = opened(connection, table, [before], strict=True)
    if is_unreadable(clear):
        raise RegistryError(
            "What is stored of them cannot be decrypted, so nothing of it can be changed: `facevec doctor` "
            "says what is wrong."
        )
    stored = sealed(connection, table, {**clear, **changes})
    return {name: value for name, value in stored.items() if value != before._mapping[name]}


def is_unreadable(row: Mapping[Any, Any]) -> bool:
    """Whether the words of an opened row could not be decrypted."""
    return row[WORDS] is not None


def finds(connection: Connection, table: type[Base], name: str, word: str) -> ColumnElement[bool]:
    """Of which rows the column `name` holds `word`, encrypted or in clear. Raises as `sealed`."""
    return table.__table__.c[name].in_(stored_as(connection, table, name, [word]))


def stored_as(connection: Connection, table: type[Base], name: str, said: Iterable[str]) -> Mapping[str, str]:
    """How the column `name` may hold these words, each with the word. Raises as `sealed`."""
    key, known = _lookup(connection), {*said}
    hashed = {} if key is None else {_hash(key, table, name, word): word for word in known}
    return {**{word: word for word in known if not is_hash(word)}, **hashed}


def hash_of(connection: Connection, table: type[Base], name: str, word: str) -> str | None:
    """How a word is stored in a column that rows are found by; None where nothing is encrypted."""
    key = _lookup(connection)
    return None if key is None else _hash(key, table, name, word)


def is_number(column: Any) -> ColumnElement[bool]:  # noqa: ANN401  # of a table
    """Whether a column that rows are found by holds a number."""
    return or_(column.regexp_match(NUMBER), func.substr(column, 1, len(_NUMBERED)) == _NUMBERED)


def is_hash(word: str) -> bool:
    """Whether it stands for a word that is encrypted."""
    return word.startswith(_HASHED)


def in_clear(table: type[Base]) -> ColumnElement[bool]:
    """Which rows hold words in clear."""
    columns = [table.__table__.c[name] for name in PERSONAL.get(table, ())]
    return or_(false(), *(and_(column != "", func.substr(column, 1, 1) != _HASHED) for column in columns))


def _packed(key: bytes, table: type[Base], row: Mapping[str, Any]) -> dict[str, Any]:
    clear = {name: row[name] for name in PERSONAL[table] if row[name] is not None}
    left = {name: _left(key, table, name, word) for name, word in clear.items()}
    return {**row, **left, WORDS: json.dumps(clear, separators=(",", ":")).encode()}


def _left(key: bytes, table: type[Base], name: str, word: str) -> str:
    """What stays in a column whose word is encrypted."""
    hashed = PERSONAL[table][name]
    return "" if hashed is None else _hash(key, table, name, hashed(word))


def _hash(key: bytes, table: type[Base], name: str, word: str) -> str:
    said = "\0".join((table.__tablename__, name, word)).encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(said, key=key, digest_size=_DIGEST_BYTES).hexdigest()
    return (_NUMBERED if is_numeric(word) else _OTHER) + digest


def _lookup(connection: Connection) -> bytes | None:
    """What words are hashed with; None where none ever was. Raises as `sealed`."""
    rows = connection.execute(_LOOKUP).all()
    if not rows or rows[0].lookup is None:
        return None
    ring = keyring_of(connection)
    key = ring.lookups.get(rows[0].lookup)
    if key is None:
        (key,) = vault.opened(connection, StateRow, rows)
        if key is None:
            raise RegistryError(
                "The key by which names are looked up does not open; put back the file of keys that belongs "
                "to the database, or restore a backup."
            )
        ring.lookups[rows[0].lookup] = key
    return key


def _made_lookup(connection: Connection) -> bytes:
    """A new one; that of whoever came first where two make one."""
    take_turn(connection)
    known = _lookup(connection)
    if known is not None:
        return known
    made = secrets.token_bytes(KEY_BYTES)
    stored = vault.sealed(connection, StateRow, {"id": STATE_ID, "lookup": made})
    connection.execute(update(StateRow).where(StateRow.id == STATE_ID).values(lookup=stored["lookup"]))
    return made
