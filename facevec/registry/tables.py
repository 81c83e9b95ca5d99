"""The registry's tables: the same declarations serve SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from facevec.registry.columns import Key, UtcDateTime

STATE_ID = 1
"""The registry's state is one row; this is its key."""


class Base(DeclarativeBase):
    """All tables; every constraint has a name, so that a later migration can find it.

    `mark`: of a row that decides, under the integrity key; see `marks`.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


_INACTIVE = text("status = 'inactive'")


class WorkerRow(Base):
    """An enrolled identity. The `_key` columns are what names and external ids are found by, see `names`;
    `name_skeleton` is what the name looks like, see `skeletons`."""

    __tablename__ = "workers"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'inactive')", name="status"),
        CheckConstraint("(external_id IS NULL) = (external_key IS NULL)", name="external"),
        CheckConstraint("(consent_text_version IS NULL) = (consent_given_at IS NULL)", name="consent"),
        CheckConstraint("consent_expires_at IS NULL OR consent_expires_at > consent_given_at", name="expiry"),
        Index("ix_workers_inactive", "status", sqlite_where=_INACTIVE, postgresql_where=_INACTIVE),
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


class PhotoRow(Base):
    """An enrolment photo; `pixels` are the file's own bytes, kept only if asked."""

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


class ChangeRow(Base):
    """One committed change to one worker. No foreign key: the log outlives the workers it speaks of.

    digest: of this change, its `salt` and the digest before, see `history`; both None in a row from before
    there were any.
    """

    __tablename__ = "changes"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('worker_added', 'photos_added', 'photo_removed', 'worker_updated', 'worker_removed')",
            name="kind",
        ),
    )

    revision: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    worker_id: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    salt: Mapped[str | None] = mapped_column(String)
    digest: Mapped[str | None] = mapped_column(String)


class StateRow(Base):
    """The registry's one row about itself. Each change updates it first, so changes queue up behind it.

    registry_id, epoch, digest: as in `types.Position`. cut_revision, cut_digest: the last change that the log
    has let go; cut_removal: the last of those that removed anything. 0 and empty where it has all.
    """

    __tablename__ = "state"
    __table_args__ = (
        CheckConstraint(f"id = {STATE_ID}", name="single"),
        CheckConstraint("revision >= 0", name="revision"),
        CheckConstraint("(model IS NULL) = (contract IS NULL)", name="model"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(Key)
    model: Mapped[str | None] = mapped_column(String)
    contract: Mapped[str | None] = mapped_column(String)
    registry_id: Mapped[str] = mapped_column(String, server_default="")
    epoch: Mapped[int] = mapped_column(Integer, server_default="0")
    digest: Mapped[str] = mapped_column(String, server_default="")
    cut_revision: Mapped[int] = mapped_column(Key, server_default="0")
    cut_digest: Mapped[str] = mapped_column(String, server_default="")
    cut_removal: Mapped[int] = mapped_column(Key, server_default="0")


class ModelChangeRow(Base):
    """The change of the model that is under way, if one is: one row. As `types.ModelChange`."""

    __tablename__ = "model_changes"
    __table_args__ = (CheckConstraint(f"id = {STATE_ID}", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    before_model: Mapped[str] = mapped_column(String)
    before_contract: Mapped[str] = mapped_column(String)
    after_model: Mapped[str] = mapped_column(String)
    after_contract: Mapped[str] = mapped_column(String)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    switched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CalibrationRow(Base):
    """A calibration that was put in force; the newest of a contract counts. As `types.Calibration`."""

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("source IN ('strangers', 'workers')", name="source"),
        CheckConstraint("match_threshold > 0 AND match_threshold <= 2", name="threshold"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    model: Mapped[str] = mapped_column(String)
    contract: Mapped[str] = mapped_column(String)
    match_threshold: Mapped[float] = mapped_column(Float)
    min_margin: Mapped[float] = mapped_column(Float)
    target_fpir: Mapped[float] = mapped_column(Float)
    source: Mapped[str] = mapped_column(String)
    workers: Mapped[int] = mapped_column(Integer)
    fpir: Mapped[float] = mapped_column(Float)
    fpir_low: Mapped[float] = mapped_column(Float)
    fpir_high: Mapped[float] = mapped_column(Float)
    non_mated_searches: Mapped[int] = mapped_column(Integer)
    non_mated_people: Mapped[int] = mapped_column(Integer)
    fnir: Mapped[float | None] = mapped_column(Float)
    fnir_low: Mapped[float | None] = mapped_column(Float)
    fnir_high: Mapped[float | None] = mapped_column(Float)
    mated_searches: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class OwnScaleRow(Base):
    """Distances of a model measured on those who are enrolled; the newest of a contract counts.

    measured: as `decision.scales.document` writes it.
    """

    __tablename__ = "own_scales"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    model: Mapped[str] = mapped_column(String)
    contract: Mapped[str] = mapped_column(String)
    measured: Mapped[dict[str, Any]] = mapped_column(JSON)
    measured_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


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
    """A text that people agree to, as `types.ConsentText`."""

    __tablename__ = "consent_texts"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"),)

    version: Mapped[str] = mapped_column(String, primary_key=True)
    text: Mapped[str] = mapped_column(String)
    sha256: Mapped[str] = mapped_column(String)
    added_by: Mapped[str] = mapped_column(String)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class ApprovalRow(Base):
    """That a key asked for a deed which takes another key, too; it goes when that comes."""

    __tablename__ = "approvals"

    worker_id: Mapped[int] = mapped_column(
        Key, ForeignKey("workers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    deed: Mapped[str] = mapped_column(String, primary_key=True)
    key_id: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)


class LeaseRow(Base):
    """Who does what only one may do, and until when they hold it unless they renew it."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    holder: Mapped[str] = mapped_column(String)
    token: Mapped[str] = mapped_column(String)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class NightRow(Base):
    """What the last night came to: one row. summary, findings: as `night_reports` writes them."""

    __tablename__ = "nights"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    findings: Mapped[dict[str, Any]] = mapped_column(JSON)


class RemovalRow(Base):
    """That something was removed, and nothing of what it was; see `removals`."""

    __tablename__ = "removals"

    identity: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class FailedClaimRow(Base):
    """How often pictures said to show a worker did not, for one limit of `decision.claims`, lately."""

    __tablename__ = "failed_claims"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    failures: Mapped[float] = mapped_column(Float)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
