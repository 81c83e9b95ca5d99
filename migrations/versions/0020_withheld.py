"""Whoever may not be recognised now is found without going through everybody, at each enrolment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INACTIVE = sa.text("status = 'inactive'")


def upgrade() -> None:
    op.create_index(
        "ix_workers_inactive", "workers", ["status"], sqlite_where=INACTIVE, postgresql_where=INACTIVE
    )
    op.create_index("ix_workers_consent_given_at", "workers", ["consent_given_at"])
    op.create_index("ix_workers_consent_expires_at", "workers", ["consent_expires_at"])


def downgrade() -> None:
    for name in ("ix_workers_consent_expires_at", "ix_workers_consent_given_at", "ix_workers_inactive"):
        op.drop_index(name, "workers")
