"""How Alembic meets the registry: `facevec db upgrade` hands over its open transaction.

Developers: `alembic revision --autogenerate -m "what changes"` compares the models with the
database of alembic.ini's `sqlalchemy.url` (or `alembic -x url=…`).
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from facevec.registry.engine import open_engine, reshaping
from facevec.registry.schema import VERSION_TABLE
from facevec.registry.tables import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    configured = context.config.get_main_option("sqlalchemy.url", "")
    url = context.get_x_argument(as_dictionary=True).get("url", configured)
    with reshaping(open_engine(url)) as opened:
        run(opened)
