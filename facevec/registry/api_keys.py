"""The service's keys in SQL: 256 random bits each, shown once, kept as a hash.

A hash without salt and stretching is enough here: nobody guesses 256 random bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Engine, Row, insert, or_, select, update

from facevec.dates import in_words
from facevec.errors import ApiKeyNotFound, InputError, RegistryError, WorkerError
from facevec.ports import Clock, utc_now
from facevec.registry import marks, removals
from facevec.registry.engine import reading, writing
from facevec.registry.ledger import RemovalLedger
from facevec.registry.names import clean_key_name
from facevec.registry.recording import recording
from facevec.registry.removals import Removal
from facevec.registry.rows import update_marked
from facevec.registry.state import take_turn
from facevec.registry.tables import ApiKeyRow
from facevec.types import ApiKey, Scope

PREFIX = "fv"
"""Begins every key, so that a leaked one is recognised for what it is."""

ID_BYTES = 4
SECRET_BYTES = 32
MAX_PRESENTED = 200
"""Longer texts are no key of ours; they are not even hashed."""

_NO_HASH = "0" * 64


class SqlApiKeys:
    """`ports.ApiKeys` beside the workers, in the same database."""

    def __init__(
        self, engine: Engine, clock: Clock = utc_now, *, ledger: RemovalLedger | None = None
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._clock = clock

    def create(
        self, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None
    ) -> tuple[ApiKey, str]:
        created = self._clock()
        key = ApiKey(
            id=secrets.token_hex(ID_BYTES),
            name=_clean(name),
            scopes=tuple(dict.fromkeys(scopes)),
            created_at=created,
            expires_at=expires_at,
            last_used_at=None,
            revoked_at=None,
        )
        if not scopes:
            raise InputError(f"A key needs at least one scope: {', '.join(get_args(Scope))}.")
        if expires_at is not None and not key.valid_at(created):
            raise InputError(
                f"The key would have expired already, at {in_words(expires_at)}: now is {in_words(created)}."
            )
        presented = f"{PREFIX}_{key.id}_{secrets.token_urlsafe(SECRET_BYTES)}"
        row = {
            "id": key.id,
            "name": key.name,
            "hash": _hash(presented),
            "scopes": list(key.scopes),
            "created_at": created,
            "expires_at": expires_at,
            "revoked_at": None,
        }
        with writing(self._engine) as connection:
            connection.execute(insert(ApiKeyRow).values(marks.marked(connection, ApiKeyRow, row)))
        return key, presented

    def list(self) -> tuple[ApiKey, ...]:
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(ApiKeyRow.__table__).order_by(ApiKeyRow.created_at, ApiKeyRow.id)
            )
            return tuple(_key(row) for row in rows)

    def revoke(self, key_id: str) -> ApiKey:
        chosen = ApiKeyRow.id == (key_id if key_id.isascii() else "")
        with recording(self._ledger, self._engine) as record, writing(self._engine) as connection:
            take_turn(connection)
            row = connection.execute(select(ApiKeyRow.__table__).where(chosen)).one_or_none()
            if row is None:
                raise ApiKeyNotFound(f"There is no key {key_id!r}; `facevec key list` shows their ids.")
            if row.revoked_at is not None:
                return _key(row)
            at = self._clock()
            # Whoever wrote it: it opens nothing any more.
            update_marked(connection, ApiKeyRow, row._mapping, {"revoked_at": at})
            identity = removals.of_api_key(marks.key_of(connection), row._mapping)
            record.record(connection, [Removal(identity, "key", at)])
            return replace(_key(row), revoked_at=at)

    def find(self, presented: str) -> ApiKey | None:
        if len(presented) > MAX_PRESENTED or not presented.isascii():
            return None
        key_id = presented.removeprefix(f"{PREFIX}_")[: 2 * ID_BYTES]
        with reading(self._engine) as connection:
            row = connection.execute(select(ApiKeyRow.__table__).where(ApiKeyRow.id == key_id)).one_or_none()
            matches = hmac.compare_digest(_hash(presented), _NO_HASH if row is None else row.hash)
            if row is None or not matches:
                return None
            if not marks.holds(connection, ApiKeyRow, row):
                marks.refused(ApiKeyRow, [row.id])
                return None
        key = _key(row)
        return key if key.valid_at(self._clock()) else None

    def any_valid(self) -> bool:
        valid = ApiKeyRow.revoked_at.is_(None) & or_(
            ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > self._clock()
        )
        with reading(self._engine) as connection:
            return connection.scalar(select(ApiKeyRow.id).where(valid).limit(1)) is not None

    def note_use(self, key: ApiKey) -> None:
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        if key.last_used_at is not None and key.last_used_at >= hour:
            return
        # Nobody is refused because that cannot be written: the disk may be full, or read-only.
        with suppress(RegistryError), writing(self._engine) as connection:
            connection.execute(update(ApiKeyRow).where(ApiKeyRow.id == key.id).values(last_used_at=hour))


def _hash(presented: str) -> str:
    return hashlib.sha256(presented.encode("ascii")).hexdigest()


def _clean(name: str) -> str:
    try:
        return clean_key_name(name)
    except WorkerError as error:
        raise InputError(str(error)) from error


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
