"""Who was decided to be somebody else carries a mark as well; `facevec db upgrade` marks what is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("distinctions", sa.Column("mark", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("distinctions", "mark")
