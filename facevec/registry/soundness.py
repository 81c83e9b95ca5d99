"""Whether the database is whole, as far as its engine and its own records can tell."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from facevec.events import Events
from facevec.registry import history
from facevec.registry.address import sqlite_file
from facevec.registry.engine import reading
from facevec.registry.tables import Base, PhotoRow, TemplateRow

LISTED = 20
"""So many faults of a kind are named."""

SMALL = 256_000_000
"""Bytes of a database that is looked through, in about a second, whenever a service starts."""

logger = Events()

_INDEXES = text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "JOIN pg_am ON pg_am.oid = relam WHERE amname = 'btree' AND relnamespace = current_schema()::regnamespace"
)


def faults(connection: Connection) -> tuple[str, ...]:
    """A sentence for each; none where all is well."""
    try:
        return tuple(_faults(connection))
    except DBAPIError as error:
        first = str(error.orig).splitlines()[0]
        return (f"The engine cannot read it to the end: {first}.",)


def faults_of(engine: Engine) -> tuple[str, ...]:
    """As `faults`, in a transaction of its own. Raises RegistryError."""
    with reading(engine) as connection:
        return faults(connection)


def tell(engine: Engine, *, largest: int | None = None) -> bool:
    """Log what is damaged, if anything is. largest: a database of more bytes is not looked at."""
    if largest is not None and _bytes(engine) > largest:
        return False
    damage = faults_of(engine)
    if damage:
        logger.error("database_damaged", faults=damage[:LISTED], advice="run `facevec db check`")
    return bool(damage)


def _bytes(engine: Engine) -> int:
    """Of a SQLite file, or of the registry's own tables with their indexes."""
    file = sqlite_file(engine.url)
    if file is not None:
        return file.stat().st_size
    size = text("SELECT coalesce(pg_total_relation_size(to_regclass(:name)), 0)")
    with reading(engine) as connection:
        return sum(
            connection.execute(size, {"name": table.name}).scalar_one()
            for table in Base.metadata.sorted_tables
        )


def _faults(connection: Connection) -> Iterator[str]:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        yield from _of_sqlite(connection)
    else:
        _read_postgres(connection)
    broken = history.broken_link(connection)
    if broken is not None:
        yield f"The change log does not follow from itself at revision {broken}."
    templates = select(TemplateRow.photo_id)
    bare = select(PhotoRow.worker_id, PhotoRow.id).where(PhotoRow.id.not_in(templates)).limit(LISTED)
    for worker_id, photo_id in connection.execute(bare):
        yield f"Photo {photo_id} of worker {worker_id} has lost its template."


def _of_sqlite(connection: Connection) -> Iterator[str]:
    for (said,) in connection.exec_driver_sql(f"PRAGMA integrity_check({LISTED})"):
        if said != "ok":
            yield f"SQLite: {said}."
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(LISTED):
        yield f"Row {row} of {table} points to none of {parent}."


def _read_postgres(connection: Connection) -> None:
    """Every row is read; where the extension amcheck is there, every index is held against its table."""
    for table in Base.metadata.sorted_tables:
        connection.execute(text(f"SELECT sum(length(t::text)) FROM {table.name} t")).all()  # noqa: S608 - ours
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")):
        for index in connection.scalars(_INDEXES).all():
            connection.execute(
                text("SELECT bt_index_check(CAST(:index AS regclass), true)"), {"index": index}
            )
