"""A database made of a backup: of the backup's schema, with the backup's rows and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InternalError, OperationalError, SQLAlchemyError

from facevec.backups.reading import Contents
from facevec.errors import BackupUnusable
from facevec.registry import schema, whole
from facevec.registry.engine import reshaping


def build_database(engine: Engine, contents: Contents, on_rows: Callable[[int], None]) -> None:
    """Fill the empty database of `engine`, all or nothing. Raises as `fill`."""
    with reshaping(engine) as connection:
        fill(connection, contents, on_rows)


def fill(connection: Connection, contents: Contents, on_rows: Callable[[int], None]) -> None:
    """Give an empty database the schema and the rows of a backup; the transaction is the caller's.

    Raises SchemaMismatch for a backup of a newer facevec, BackupUnusable, RegistryError.
    """
    manifest = contents.manifest
    schema.create(connection, manifest.schema)
    tables = {table.name: table for table in whole.tables(connection)}
    for table in reversed(tables.values()):
        connection.execute(table.delete())  # the first state row
    rows = 0
    for block in contents.blocks():
        known = tables.get(block.table)
        if known is None or not set(block.columns) <= set(known.columns.keys()):
            raise BackupUnusable(
                f"{contents.name} holds a table {block.table}, which schema {manifest.schema} does not have."
            )
        with _taken(contents):
            whole.write(connection, tables, block)
        rows += len(block.rows)
        on_rows(rows)
    with _taken(contents):
        whole.count_from(connection, tuple(tables.values()), manifest.last_ids)


@contextmanager
def _taken(contents: Contents) -> Iterator[None]:
    """What a database refuses in the block is the backup's fault, unless it is at fault itself."""
    try:
        yield
    except (OperationalError, InternalError):
        raise
    except (SQLAlchemyError, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise BackupUnusable(
            f"{contents.name} holds rows that no registry has ({type(error).__name__}); use another copy "
            "of it."
        ) from error
