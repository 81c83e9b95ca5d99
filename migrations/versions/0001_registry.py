"""Workers, photos, templates, changes and the registry's state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "workers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("external_id", sa.String()),
        sa.Column("external_key", sa.String()),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("consent_text_version", sa.String()),
        sa.Column("consent_given_at", MOMENT),
        sa.Column("consent_expires_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("status IN ('active', 'inactive')", name="status"),
        sa.CheckConstraint("(external_id IS NULL) = (external_key IS NULL)", name="external"),
        sa.CheckConstraint("(consent_text_version IS NULL) = (consent_given_at IS NULL)", name="consent"),
        sa.CheckConstraint(
            "consent_expires_at IS NULL OR consent_expires_at > consent_given_at", name="expiry"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("external_key"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_workers_name_key"), "workers", ["name_key"])
    op.create_table(
        "photos",
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.Column("pixels", sa.LargeBinary()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_photos_worker_id"), "photos", ["worker_id"])
    op.create_table(
        "templates",
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("photo_id", KEY, nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(vector) > 0", name="vector"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_templates_worker_id"), "templates", ["worker_id"])
    op.create_index(op.f("ix_templates_photo_id"), "templates", ["photo_id"])
    op.create_index(op.f("ix_templates_contract_worker_id"), "templates", ["contract", "worker_id"])
    op.create_table(
        "changes",
        sa.Column("revision", KEY, autoincrement=False, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('worker_added', 'photos_added', 'photo_removed', 'worker_updated', 'worker_removed')",
            name="kind",
        ),
        sa.PrimaryKeyConstraint("revision"),
    )
    state = op.create_table(
        "state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", KEY, nullable=False),
        sa.Column("model", sa.String()),
        sa.Column("contract", sa.String()),
        sa.CheckConstraint("id = 1", name="single"),
        sa.CheckConstraint("revision >= 0", name="revision"),
        sa.CheckConstraint("(model IS NULL) = (contract IS NULL)", name="model"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(state, [{"id": 1, "revision": 0, "model": None, "contract": None}])


def downgrade() -> None:
    for table in ("state", "changes", "templates", "photos", "workers"):
        op.drop_table(table)
