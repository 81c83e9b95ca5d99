"""Who agreed to what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Integer, LargeBinary, String

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column
from facevec.registry.tables.history import STATE_ID


class ConsentEntryRow(Base):
    """An entry of the consent ledger, as `types.LedgerEntry`; no foreign key: it outlives the worker.

    digest: of this entry and the digest before, see `ledger`.
    """

    __tablename__ = "consent_ledger"
    __table_args__ = (
        CheckConstraint("kind IN ('before', 'recorded', 'withdrawn', 'expired', 'removed')", name="kind"),
    )

    number: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    worker_id: Mapped[int] = mapped_column(Key, index=True)
    kind: Mapped[str] = mapped_column(String)
    text_version: Mapped[str] = mapped_column(String)
    text_sha256: Mapped[str | None] = mapped_column(String)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purposes: Mapped[list[str]] = mapped_column(JSON)
    recorded_by: Mapped[str] = mapped_column(String)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class ConsentHeadRow(Base):
    """Where the ledger ends, in one row: without it nobody would miss the last entries."""

    __tablename__ = "consent_head"
    __table_args__ = (CheckConstraint(f"id = {STATE_ID}", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Key)
    digest: Mapped[str] = mapped_column(String)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class ConsentTextRow(Base):
    """A text that people agree to, as `types.ConsentText`. words: as `WorkerRow`."""

    __tablename__ = "consent_texts"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)

    version: Mapped[str] = mapped_column(String, primary_key=True)
    text: Mapped[str] = mapped_column(String)
    sha256: Mapped[str] = mapped_column(String)
    added_by: Mapped[str] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
