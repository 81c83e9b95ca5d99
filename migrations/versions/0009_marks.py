"""Rows that decide carry a mark under the integrity key; `facevec db upgrade` marks what is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("workers", "templates", "seals", "calibrations", "api_keys")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("mark", sa.LargeBinary()))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "mark")
