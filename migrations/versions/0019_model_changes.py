"""The model of a registry can be changed: what is sealed is so once a contract, and the change has a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = "worker_id, contract, vector, photos, sealed_at, mark"


def upgrade() -> None:
    op.create_table(
        "model_changes",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before_model", sa.String(), nullable=False),
        sa.Column("before_contract", sa.String(), nullable=False),
        sa.Column("after_model", sa.String(), nullable=False),
        sa.Column("after_contract", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("switched_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("id = 1", name=op.f("ck_model_changes_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_changes")),
    )
    _sealed_by("worker_id", "contract")


def downgrade() -> None:
    op.execute(
        "DELETE FROM seals WHERE contract <> (SELECT contract FROM state) AND worker_id IN "
        "(SELECT worker_id FROM seals GROUP BY worker_id HAVING count(*) > 1)"
    )
    _sealed_by("worker_id")
    op.drop_table("model_changes")


def _sealed_by(*key: str) -> None:
    """Have the seals another primary key. SQLite cannot change one: there the table is made anew."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("pk_seals", "seals", type_="primary")
        op.create_primary_key("pk_seals", "seals", list(key))
        return
    op.rename_table("seals", "seals_before")
    op.create_table(
        "seals",
        sa.Column("worker_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mark", sa.LargeBinary()),
        sa.CheckConstraint("length(vector) > 0", name=op.f("ck_seals_vector")),
        sa.CheckConstraint("photos > 0", name=op.f("ck_seals_photos")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name=op.f("fk_seals_worker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_seals")),
    )
    op.execute(f"INSERT INTO seals ({COLUMNS}) SELECT {COLUMNS} FROM seals_before")  # noqa: S608  # a constant
    op.drop_table("seals_before")
