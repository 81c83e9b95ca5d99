"""How often pictures said to show a worker did not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failed_claims",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failures", sa.Float(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_failed_claims")),
    )


def downgrade() -> None:
    op.drop_table("failed_claims")
