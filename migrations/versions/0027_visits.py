"""A record of when workers were seen who agreed to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("id", KEY, nullable=False),
        sa.Column("worker_id", KEY, nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("length(details) > 0", name="details"),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["workers.id"], name="fk_visits_worker_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_visits_worker_id_day", "visits", ["worker_id", "day"])
    op.create_index("ix_visits_day", "visits", ["day"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER facevec_let_go_deleted AFTER DELETE ON visits "
            "FOR EACH ROW EXECUTE FUNCTION facevec_let_go('details')"
        )
        op.execute(
            "CREATE TRIGGER facevec_let_go_updated AFTER UPDATE OF details ON visits "
            "FOR EACH ROW WHEN (substring(OLD.details FROM 1 FOR 13) "
            "IS DISTINCT FROM substring(NEW.details FROM 1 FOR 13)) "
            "EXECUTE FUNCTION facevec_let_go('details')"
        )


def downgrade() -> None:
    op.drop_table("visits")
