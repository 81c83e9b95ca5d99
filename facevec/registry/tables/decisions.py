"""What waits for people to decide."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Boolean, CheckConstraint, ForeignKey, Integer, LargeBinary, String

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
