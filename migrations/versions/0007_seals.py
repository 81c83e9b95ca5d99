"""What each worker looked like when they were first enrolled, which no change of their photos changes.

Of those who are enrolled already it is what they look like now.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import groupby

import numpy as np
import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

VECTOR = np.dtype("<f4")
ROWS_A_BLOCK = 1000


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    seals = op.create_table(
        "seals",
        sa.Column("worker_id", key, autoincrement=False, nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(vector) > 0", name="vector"),
        sa.CheckConstraint("photos > 0", name="photos"),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("worker_id"),
    )
    for some in _blocks(_seals(op.get_bind())):
        op.bulk_insert(seals, some)


def downgrade() -> None:
    op.drop_table("seals")


def _seals(connection: sa.Connection) -> Iterator[dict[str, object]]:
    now = datetime.now(timezone.utc)
    templates = sa.text(
        "SELECT worker_id, templates.contract, vector FROM templates "
        "JOIN state ON state.contract = templates.contract ORDER BY worker_id, templates.id"
    )
    for (worker_id, contract), rows in groupby(connection.execute(templates), lambda row: (row[0], row[1])):
        vectors = np.stack([np.frombuffer(row[2], VECTOR) for row in rows])
        total = vectors.sum(axis=0)
        vector = (total / np.linalg.norm(total)).astype(VECTOR).tobytes()
        yield {
            "worker_id": worker_id,
            "contract": contract,
            "vector": vector,
            "photos": len(vectors),
            "sealed_at": now,
        }


def _blocks(rows: Iterator[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    block: list[dict[str, object]] = []
    for row in rows:
        block.append(row)
        if len(block) == ROWS_A_BLOCK:
            yield block
            block = []
    if block:
        yield block
