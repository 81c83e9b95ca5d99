"""What people are told by may be encrypted, each value under a key of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# As facevec/registry/encryption/values.py has it: how an encrypted value begins; the slot of its key follows.
LET_GO = r"""
CREATE OR REPLACE FUNCTION facevec_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone bytea;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) USING OLD INTO gone;
    IF substring(gone FROM 1 FOR 5) = '\x0066760131'::bytea THEN
        DELETE FROM data_keys
        WHERE slot = ('x' || encode(substring(gone FROM 6 FOR 8), 'hex'))::bit(64)::bigint;
    END IF;
    RETURN NULL;
END $$
"""

ENCRYPTED = {"templates": "vector", "seals": "vector", "photos": "pixels"}


def upgrade() -> None:
    op.create_table(
        "registry_keys",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_registry_keys"),
    )
    op.create_table(
        "data_keys",
        sa.Column("slot", KEY, nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name="pk_data_keys"),
    )
    op.create_table(
        "going_keys",
        sa.Column("slot", KEY, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("slot", name="pk_going_keys"),
    )
    op.add_column("state", sa.Column("key_set", sa.String(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LET_GO)
        for table, column in ENCRYPTED.items():
            op.execute(
                f"CREATE TRIGGER facevec_let_go_deleted AFTER DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION facevec_let_go('{column}')"
            )
            op.execute(
                f"CREATE TRIGGER facevec_let_go_updated AFTER UPDATE OF {column} ON {table} "
                f"FOR EACH ROW WHEN (substring(OLD.{column} FROM 1 FOR 13) "
                f"IS DISTINCT FROM substring(NEW.{column} FROM 1 FOR 13)) "
                f"EXECUTE FUNCTION facevec_let_go('{column}')"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in ENCRYPTED:
            op.execute(f"DROP TRIGGER facevec_let_go_deleted ON {table}")
            op.execute(f"DROP TRIGGER facevec_let_go_updated ON {table}")
        op.execute("DROP FUNCTION facevec_let_go()")
    op.drop_column("state", "key_set")
    for table in ("going_keys", "data_keys", "registry_keys"):
        op.drop_table(table)
