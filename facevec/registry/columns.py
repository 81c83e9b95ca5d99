"""Types of columns that are portable between SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

MAX_KEY = 2**63 - 1
"""Largest id either database can hold."""


class Key(TypeDecorator[int]):
    """An id. One that no database can hold is looked up as the largest that it can, which is nobody's."""

    # SQLite counts rows only in columns declared INTEGER; PostgreSQL's INTEGER is 32 bits.
    impl = BigInteger().with_variant(Integer(), "sqlite")
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # as declared
        return None if value is None else max(-MAX_KEY, min(value, MAX_KEY))


def utc(moment: datetime) -> datetime:
    """As a column says it, with the time zone that SQLite does not keep."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def naive(moment: datetime) -> datetime:
    """As SQLite keeps it."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no time zone: it is taken off on the way in, put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return naive(value) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)
