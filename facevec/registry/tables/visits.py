"""When workers were seen who agreed to a record of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column


class VisitRow(Base):
    """A visit, as `types.Visit`. day: its beginning in UTC. details: all the rest, as `visits` writes it."""

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint("length(details) > 0", name="details"),
        Index(None, "worker_id", "day"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    worker_id: Mapped[int] = mapped_column(Key, ForeignKey("workers.id", ondelete="CASCADE"))
    day: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    details: Mapped[bytes] = mapped_column(LargeBinary)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
