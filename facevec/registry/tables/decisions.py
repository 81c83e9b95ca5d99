"""What waits for people to decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, CheckConstraint, Float, ForeignKey, Integer, LargeBinary, String

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column


class ApprovalRow(Base):
    """An asking for a deed that takes two people, as `types.Approval`; it goes when the deed is done.

    epoch: of the registry when it was asked; what comes back with a backup counts no more. digest: keyed, of
    all that the deed consists of.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'refused')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer)
    deed: Mapped[str] = mapped_column(String)
    worker_id: Mapped[int | None] = mapped_column(
        Key, ForeignKey("workers.id", ondelete="CASCADE"), index=True
    )
    content: Mapped[dict[str, str]] = mapped_column(JSON)
    whole: Mapped[bool] = mapped_column(Boolean)
    digest: Mapped[str] = mapped_column(String)
    asked_by: Mapped[str] = mapped_column(String)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String)
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class ReviewRow(Base):
    """An identification that people confirm or reject, as `types.Review`: ids and numbers, and no name.

    epoch: as of `ApprovalRow`.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'confirmed', 'rejected')", name="state"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer)
    worker_id: Mapped[int] = mapped_column(Key, ForeignKey("workers.id", ondelete="CASCADE"), index=True)
    face: Mapped[int] = mapped_column(Integer)
    picture: Mapped[str] = mapped_column(String)
    distance: Mapped[float] = mapped_column(Float)
    contract: Mapped[str] = mapped_column(String)
    revision: Mapped[int] = mapped_column(Key)
    point: Mapped[dict[str, Any]] = mapped_column(JSON)
    request_id: Mapped[str | None] = mapped_column(String)
    place: Mapped[str | None] = mapped_column(String)
    asked_by: Mapped[str] = mapped_column(String)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    persons: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String)
    confirmed_by: Mapped[list[str]] = mapped_column(JSON)
    decided_by: Mapped[str | None] = mapped_column(String)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
