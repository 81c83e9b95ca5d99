"""Thresholds measured for the workers enrolled here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibrations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("match_threshold", sa.Float(), nullable=False),
        sa.Column("min_margin", sa.Float(), nullable=False),
        sa.Column("target_fpir", sa.Float(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("fpir", sa.Float(), nullable=False),
        sa.Column("fpir_low", sa.Float(), nullable=False),
        sa.Column("fpir_high", sa.Float(), nullable=False),
        sa.Column("non_mated_searches", sa.Integer(), nullable=False),
        sa.Column("non_mated_people", sa.Integer(), nullable=False),
        sa.Column("fnir", sa.Float()),
        sa.Column("fnir_low", sa.Float()),
        sa.Column("fnir_high", sa.Float()),
        sa.Column("mated_searches", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('strangers', 'workers')", name="source"),
        sa.CheckConstraint("match_threshold > 0 AND match_threshold <= 2", name="threshold"),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("calibrations")
