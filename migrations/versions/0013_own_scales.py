"""The distances of a model that nobody measured, from the templates of those who are enrolled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "own_scales",
        sa.Column("id", KEY, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("measured", sa.JSON(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_scales")),
    )


def downgrade() -> None:
    op.drop_table("own_scales")
