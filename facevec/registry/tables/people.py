"""Who is enrolled, and what they look like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    event,
    false,
    text,
)

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column

_INACTIVE, _INACTIVE_INDEX = text("status = 'inactive'"), "ix_workers_inactive"


class WorkerRow(Base):
    """An enrolled identity. The `_key` columns are what names and external ids are found by, see `names`;
    `name_skeleton` is what the name looks like, see `skeletons`. words: these where they are encrypted, see
    `encryption.words`."""

    __tablename__ = "workers"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        CheckConstraint("(external_id IS NULL) = (external_key IS NULL)", name="external"),
        CheckConstraint("(consent_text_version IS NULL) = (consent_given_at IS NULL)", name="consent"),
        CheckConstraint("consent_expires_at IS NULL OR consent_expires_at > consent_given_at", name="expiry"),
        Index(_INACTIVE_INDEX, "status", sqlite_where=_INACTIVE),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String)
    name_key: Mapped[str] = mapped_column(String, index=True)
    external_id: Mapped[str | None] = mapped_column(String)
    external_key: Mapped[str | None] = mapped_column(String, unique=True)
    status: Mapped[str] = mapped_column(String)
    consent_text_version: Mapped[str | None] = mapped_column(String)
    consent_given_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    consent_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    consent_emotion: Mapped[bool] = mapped_column(Boolean, server_default=false())
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    name_skeleton: Mapped[str | None] = mapped_column(String, index=True)
    consent_photos: Mapped[bool] = mapped_column(Boolean, server_default=false())
    consent_visits: Mapped[bool] = mapped_column(Boolean, server_default=false())
    words: Mapped[bytes | None] = mapped_column(LargeBinary)


@event.listens_for(WorkerRow.__table__, "before_create")
def _only_inactive(workers: Table, connection: Connection, **_extra: object) -> None:
    """On PostgreSQL too; said above, it would load what speaks to PostgreSQL into every process."""
    if connection.dialect.name == "postgresql":
        for index in workers.indexes:
            if index.name == _INACTIVE_INDEX:
                index.dialect_options["postgresql"]["where"] = _INACTIVE


class PhotoRow(Base):
    """An enrolment photo; `pixels` are the file's own bytes, kept only if asked. words: as `WorkerRow`."""

    __tablename__ = "photos"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    worker_id: Mapped[int] = mapped_column(Key, ForeignKey("workers.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(String, unique=True)
    source: Mapped[str] = mapped_column(String)
    quality: Mapped[dict[str, Any]] = mapped_column(JSON)
    pixels: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)


class TemplateRow(Base):
    """A stored embedding: float32, little-endian, unit length."""

    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint("length(vector) > 0", name="vector"),
        Index(None, "contract", "worker_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    worker_id: Mapped[int] = mapped_column(Key, ForeignKey("workers.id", ondelete="CASCADE"), index=True)
    photo_id: Mapped[int] = mapped_column(Key, ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    contract: Mapped[str] = mapped_column(String)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class SealRow(Base):
    """What a worker looked like when they were first enrolled; `vector` as in `TemplateRow`.

    One a contract: there are two while the model is changed.
    """

    __tablename__ = "seals"
    __table_args__ = (
        CheckConstraint("length(vector) > 0", name="vector"),
        CheckConstraint("photos > 0", name="photos"),
    )

    worker_id: Mapped[int] = mapped_column(
        Key, ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    contract: Mapped[str] = mapped_column(String, primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)
    photos: Mapped[int] = mapped_column(Integer)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class DistinctionRow(Base):
    """Two workers who were decided to be two people, by whom and when; it goes with either of them."""

    __tablename__ = "distinctions"
    __table_args__ = (CheckConstraint("first_id < second_id", name="order"),)

    first_id: Mapped[int] = mapped_column(
        Key, ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    second_id: Mapped[int] = mapped_column(
        Key, ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
    decided_by: Mapped[str] = mapped_column(String)
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
