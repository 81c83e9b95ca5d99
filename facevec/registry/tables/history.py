"""Where the registry stands, how it came there, and what it let go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Integer, LargeBinary, String

from facevec.registry.columns import Key, UtcDateTime
from facevec.registry.tables.base import Base, Mapped, mapped_column

STATE_ID = 1
"""The registry's state is one row; this is its key."""


class StateRow(Base):
    """The registry's one row about itself. Each change updates it first, so changes queue up behind it.

    registry_id, epoch, digest: as in `types.Position`. cut_revision, cut_digest: the last change that the log
    has let go; cut_removal: the last of those that removed anything. 0 and empty where it has all. night_at:
    when the last night was whose clock was believed. trusted_entry: the last of the consent ledger when an
    operator said what time it is. key_set: which keys encrypt what people are told by, see `encryption`; none
    where that is in clear. lookup: what words are hashed with to be found, see `encryption.words`.
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
    night_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trusted_entry: Mapped[int] = mapped_column(Key, server_default="0")
    key_set: Mapped[str | None] = mapped_column(String)
    lookup: Mapped[bytes | None] = mapped_column(LargeBinary)


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


class RemovalRow(Base):
    """That something was removed, and nothing of what it was; see `removals`."""

    __tablename__ = "removals"

    identity: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
