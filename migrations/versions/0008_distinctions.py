"""Workers who were decided to be two people although their faces are alike."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "distinctions",
        sa.Column("first_id", KEY, autoincrement=False, nullable=False),
        sa.Column("second_id", KEY, autoincrement=False, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_id < second_id", name="order"),
        sa.ForeignKeyConstraint(
            ["first_id"], ["workers.id"], name=op.f("fk_distinctions_first_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["workers.id"], name=op.f("fk_distinctions_second_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_distinctions")),
    )
    op.create_index(op.f("ix_distinctions_second_id"), "distinctions", ["second_id"])


def downgrade() -> None:
    op.drop_table("distinctions")
