"""Names, external ids, hashes of photos and texts may be encrypted, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ENCRYPTED = {"workers": "words", "photos": "words", "consent_texts": "words", "state": "lookup"}


def upgrade() -> None:
    for table, column in ENCRYPTED.items():
        op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        for table, column in ENCRYPTED.items():
            op.execute(
                f"CREATE TRIGGER facevec_let_go_{column}_deleted AFTER DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION facevec_let_go('{column}')"
            )
            op.execute(
                f"CREATE TRIGGER facevec_let_go_{column}_updated AFTER UPDATE OF {column} ON {table} "
                f"FOR EACH ROW WHEN (substring(OLD.{column} FROM 1 FOR 13) "
                f"IS DISTINCT FROM substring(NEW.{column} FROM 1 FOR 13)) "
                f"EXECUTE FUNCTION facevec_let_go('{column}')"
            )


def downgrade() -> None:
    for table, column in ENCRYPTED.items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER facevec_let_go_{column}_deleted ON {table}")
            op.execute(f"DROP TRIGGER facevec_let_go_{column}_updated ON {table}")
        op.drop_column(table, column)
