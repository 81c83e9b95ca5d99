"""Who somebody is who asks or decides, as the keys in the registry say it now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from facevec.decision.persons import LOCAL, USER, Party
from facevec.registry import marks
from facevec.registry.local_key import SCOPES
from facevec.registry.names import canonical_name
from facevec.registry.skeletons import skeleton
from facevec.registry.tables import ApiKeyRow
from facevec.types import ApiKey


def read_party(connection: Connection, by: str, at: datetime) -> Party | None:
    """Who `by` is; None for a key that is revoked, has ended by then, or was written by somebody else."""
    if by.startswith(USER):
        return Party(by, holder_of(by.removeprefix(USER)))
    if by == LOCAL:
        return Party(by, "", scopes=SCOPES)
    chosen = ApiKeyRow.id == by.removeprefix("key:")
    row = connection.execute(select(ApiKeyRow.__table__).where(chosen)).one_or_none()
    if row is None or not marks.holds(connection, ApiKeyRow, row):
        return None
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    return Party(by, holder_of(row.name), row.created_at, tuple(row.scopes))


def holder_of(name: str) -> str:
    """Who has a key or is a user, by what that is called; whoever approves a key sees no more of it."""
    return skeleton(canonical_name(name))


def can_be_two(keys: tuple[ApiKey, ...]) -> bool:
    """Whether keys with the scope admin were ever made for two people; the first ones take one."""
    return len({holder_of(key.name) for key in keys if key.may("admin")}) > 1
