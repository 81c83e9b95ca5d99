"""Who may call, and who does what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Float, Integer, LargeBinary, String

from facevec.registry.columns import UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column


class ApiKeyRow(Base):
    """A key of the service. `hash`: SHA-256 of the whole key, in hex. `id`: its part that is no secret."""

    __tablename__ = "api_keys"
    __table_args__ = (
        CheckConstraint("length(hash) = 64", name="hash"),
        CheckConstraint("expires_at IS NULL OR expires_at > created_at", name="expiry"),
    )

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    hash: Mapped[str] = mapped_column(String)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class FailedClaimRow(Base):
    """How often pictures said to show a worker did not, for one limit of `decision.claims`, lately."""

    __tablename__ = "failed_claims"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    failures: Mapped[float] = mapped_column(Float)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LeaseRow(Base):
    """Who does what only one may do, and until when they hold it unless they renew it.

    until: seconds on `clock`; see `leases`.
    """

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    holder: Mapped[str] = mapped_column(String)
    token: Mapped[str] = mapped_column(String)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock: Mapped[str] = mapped_column(String)
    until: Mapped[float] = mapped_column(Float)


class NightRow(Base):
    """What the last night came to: one row. summary, findings: as `night_reports` writes them."""

    __tablename__ = "nights"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    findings: Mapped[dict[str, Any]] = mapped_column(JSON)
