"""What was removed leaves a trace that names nobody, and the change log may be cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "removals",
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_removals"),
    )
    op.add_column("state", sa.Column("cut_revision", KEY, nullable=False, server_default="0"))
    op.add_column("state", sa.Column("cut_digest", sa.String(), nullable=False, server_default=""))
    op.add_column("state", sa.Column("cut_removal", KEY, nullable=False, server_default="0"))


def downgrade() -> None:
    for column in ("cut_removal", "cut_digest", "cut_revision"):
        op.drop_column("state", column)
    op.drop_table("removals")
