"""A registry has an id of its own, and its change log a digest: what was restored or replaced is told."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FIRST = "UPDATE changes SET digest = :digest WHERE revision = (SELECT revision FROM state)"


def upgrade() -> None:
    op.add_column("state", sa.Column("registry_id", sa.String(), nullable=False, server_default=""))
    op.add_column("state", sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("state", sa.Column("digest", sa.String(), nullable=False, server_default=""))
    op.add_column("changes", sa.Column("salt", sa.String()))
    op.add_column("changes", sa.Column("digest", sa.String()))
    registry = secrets.token_hex(16)
    values = {"registry": registry, "digest": registry}
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE state SET registry_id = :registry, digest = :digest"), values)
    connection.execute(sa.text(FIRST), {"digest": registry})


def downgrade() -> None:
    for column in ("digest", "salt"):
        op.drop_column("changes", column)
    for column in ("digest", "epoch", "registry_id"):
        op.drop_column("state", column)
