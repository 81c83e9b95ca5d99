"""A lease ends by a clock that nobody sets; and the registry knows at which moment a night last was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _leases(*until: sa.Column) -> None:
    """Anew: whoever held one would have to be told of its new clock."""
    op.drop_table("leases")
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        *until,
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def upgrade() -> None:
    _leases(sa.Column("clock", sa.String(), nullable=False), sa.Column("until", sa.Float(), nullable=False))
    op.add_column("state", sa.Column("night_at", sa.DateTime(timezone=True)))
    op.add_column("state", sa.Column("trusted_entry", NUMBER, nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("state") as batch:
        batch.drop_column("trusted_entry")
        batch.drop_column("night_at")
    _leases(sa.Column("until", sa.DateTime(timezone=True), nullable=False))
