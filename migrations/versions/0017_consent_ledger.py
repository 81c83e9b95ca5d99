"""Consents enter a ledger that is only added to; `facevec db upgrade` writes what is there into it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = "kind IN ('before', 'recorded', 'withdrawn', 'expired', 'removed')"


def upgrade() -> None:
    for purpose in ("photos", "visits"):
        op.add_column(
            "workers",
            sa.Column(f"consent_{purpose}", sa.Boolean(), server_default=sa.false(), nullable=False),
        )
    op.create_table(
        "consent_ledger",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text_version", sa.String(), nullable=False),
        sa.Column("text_sha256", sa.String()),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("mark", sa.LargeBinary()),
        sa.CheckConstraint(KINDS, name="kind"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_consent_ledger")),
    )
    op.create_index(op.f("ix_consent_ledger_worker_id"), "consent_ledger", ["worker_id"])
    op.create_table(
        "consent_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("mark", sa.LargeBinary()),
        sa.CheckConstraint("id = 1", name="single"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_head")),
    )
    op.create_table(
        "consent_texts",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("mark", sa.LargeBinary()),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_consent_texts")),
    )


def downgrade() -> None:
    for table in ("consent_texts", "consent_head", "consent_ledger"):
        op.drop_table(table)
    for purpose in ("visits", "photos"):
        op.drop_column("workers", f"consent_{purpose}")
