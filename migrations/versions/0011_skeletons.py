"""What each worker's name looks like, so that no other name passes for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from facevec.registry.skeletons import skeleton

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("name_skeleton", sa.String()))
    op.create_index(op.f("ix_workers_name_skeleton"), "workers", ["name_skeleton"])
    connection = op.get_bind()
    names = connection.execute(sa.text("SELECT id, name FROM workers")).all()
    filled = sa.text("UPDATE workers SET name_skeleton = :skeleton WHERE id = :id")
    if names:
        connection.execute(filled, [{"id": row.id, "skeleton": skeleton(row.name)} for row in names])


def downgrade() -> None:
    op.drop_index(op.f("ix_workers_name_skeleton"), "workers")
    op.drop_column("workers", "name_skeleton")
