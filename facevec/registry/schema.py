"""The schema of the registry's database: which version it is, and how it is brought up to date."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)

from facevec.errors import SchemaMismatch
from facevec.ports import utc_now
from facevec.registry import consent_ledger, marks, references
from facevec.registry.engine import open_engine, reading, reshaping, would_be_created
from facevec.registry.tables import STATE_ID, Base, DistinctionRow, StateRow

if TYPE_CHECKING:
    from alembic.config import Config

_MARKED_SINCE: Mapping[str, tuple[type[Base], ...]] = {
    "0009": tuple(marks.COVERED),
    "0015": (DistinctionRow,),
}
"""From which version on the rows of which tables are marked; see `marks`."""

BEFORE_LEDGER = "0016"
"""The last version without a consent ledger; see `consent_ledger`."""

VERSION_TABLE = "facevec_version"
"""A name of its own: a database of another program that uses Alembic is not taken for ours."""

_VERSION = Column("version_num", String(32), primary_key=True)
_VERSIONS = Table(VERSION_TABLE, MetaData(naming_convention={"pk": "%(table_name)s_pkc"}), _VERSION)
"""As Alembic makes it."""

UNFINISHED = "copying"
"""The version of a copy that was not compared to the end; see `copying`."""

# Any number will do, as long as it is always the same and nobody else's: "facevec" in bytes.
_UPGRADE_LOCK = int.from_bytes(b"facevec", "big")


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The version a database has (None when it is empty) and the one this facevec needs.

    adopted: how many rows of each table an upgrade marked as they stood, because nobody had before.
    """

    current: str | None
    head: str
    adopted: Mapping[str, int] = field(default_factory=dict)

    @property
    def up_to_date(self) -> bool:
        return self.current == self.head


def head() -> str:
    """The version this facevec writes and reads: that of the newest file in migrations/versions."""
    return max(_known())


@cache
def _known() -> frozenset[str]:
    scripts = (migrations_folder() / "versions").glob("[0-9]*_*.py")
    return frozenset(script.name.partition("_")[0] for script in scripts)


def check(engine: Engine) -> SchemaStatus:
    """The schema's version. Raises SchemaMismatch when the database holds something else."""
    with reading(engine) as connection:
        return SchemaStatus(current(connection), head())


def look(url: URL | str) -> SchemaStatus:
    """As `check`, of the database at `url`; a file that is not there is not made. Raises RegistryError."""
    if would_be_created(url):
        return SchemaStatus(None, head())
    engine = open_engine(url)
    try:
        return check(engine)
    finally:
        engine.dispose()


def upgrade(engine: Engine) -> SchemaStatus:
    """Bring the schema to this facevec's version, all or nothing; safe while others use or upgrade it.

    Of a database from before rows were marked, all rows are marked as they stand: they are taken at their
    word this once.
    Raises SchemaMismatch when the database is newer than this facevec or not one of its own.
    """
    with reshaping(engine) as connection:
        return upgrade_within(connection)


def upgrade_within(connection: Connection) -> SchemaStatus:
    """As `upgrade`, in a transaction of the caller's that may change the schema."""
    if connection.dialect.name == "postgresql":
        _take_turn(connection)
    before = current(connection)
    if before is None:
        create(connection, head())
    elif before != head():
        require_known(before)
        _migrate(connection, head())
    adopted = {}
    since = next((since for since in _MARKED_SINCE if before is not None and before < since), None)
    if since is not None:
        tables = _MARKED_SINCE[since]
        adopted = {rows.table: rows.count for rows in marks.adopt(connection, tables)}
    if before is None or before <= BEFORE_LEDGER:
        consent_ledger.begin(connection, utc_now())
    return SchemaStatus(current(connection), head(), adopted)


def require_known(version: str, what: str = "The database") -> None:
    """Raises SchemaMismatch for the schema of `what` a newer facevec made, or of an unfinished copy."""
    if version == UNFINISHED:
        raise SchemaMismatch(
            "The database is a copy that did not come to its end; run `facevec db copy` again, from the "
            "database that it was made of."
        )
    if version not in _known():
        raise SchemaMismatch(
            f"{what} has schema {version}, which this facevec does not know yet; upgrade facevec "
            "(pip install --upgrade facevec)."
        )


def lock(connection: Connection) -> None:
    """Nobody else reads or writes a table of the PostgreSQL database, nor makes them, until the transaction
    ends."""
    _take_turn(connection)
    own = _own_tables(connection)
    if own:
        connection.execute(text(f"LOCK TABLE {', '.join(own)} IN ACCESS EXCLUSIVE MODE"))


def drop(connection: Connection) -> None:
    """Take every table away, this facevec's or an older one's; another program's stay.

    The transaction may change the schema.
    """
    references.METADATA.drop_all(connection)
    metadata = MetaData()
    metadata.reflect(connection, only=_own_tables(connection))
    metadata.drop_all(connection)


def _own_tables(connection: Connection) -> list[str]:
    """Those of the database that are facevec's, by their names, which no version has used for another."""
    there = inspect(connection).get_table_names()
    own = {VERSION_TABLE, *Base.metadata.tables, *references.METADATA.tables}
    return [name for name in there if name in own]


def _take_turn(connection: Connection) -> None:
    """Whoever else makes or changes the tables of a PostgreSQL database comes before or after."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})


def create(connection: Connection, version: str) -> None:
    """Set up an empty database as facevec did at this version, which must be known."""
    if version == head() and connection.dialect.name == "sqlite":
        _create_newest(connection)
    else:
        _migrate(connection, version)


def _create_newest(connection: Connection) -> None:
    """What all migrations come to, in SQLite; PostgreSQL's triggers stand in them alone."""
    registry = secrets.token_hex(16)
    Base.metadata.create_all(connection, checkfirst=False)
    connection.execute(
        insert(StateRow), {"id": STATE_ID, "revision": 0, "registry_id": registry, "digest": registry}
    )
    _VERSIONS.create(connection, checkfirst=True)  # whoever goes down to no version leaves it
    connection.execute(insert(_VERSIONS), {_VERSION.name: head()})


def _migrate(connection: Connection, version: str) -> None:
    from alembic import command

    command.upgrade(_config(connection), version)


def set_version(connection: Connection, version: str) -> None:
    """Say that the schema is of this version, whatever it is."""
    connection.execute(update(_VERSIONS), {_VERSION.name: version})


def require_current(engine: Engine) -> None:
    """Raises SchemaMismatch, with what to do about it, unless the schema is this facevec's."""
    require(check(engine))


def require(status: SchemaStatus) -> None:
    """As `require_current`, of a status that is known."""
    if status.up_to_date:
        return
    if status.current is None:
        raise SchemaMismatch("The database is empty; run `facevec db upgrade` to set it up.")
    require_known(status.current)
    raise SchemaMismatch(
        f"The database has schema {status.current} and this facevec needs {status.head}; "
        "make a backup, then run `facevec db upgrade`."
    )


def prepare(engine: Engine) -> None:
    """Set up an empty database; of any other, require the schema of this facevec. Raises SchemaMismatch."""
    status = check(engine)
    if status.current is None:
        upgrade(engine)
    else:
        require(status)


def migrations_folder() -> Path:
    """Where the migration scripts are: the installed package, or the checkout this module stands in."""
    try:
        return Path(str(resources.files("facevec_migrations")))
    except ModuleNotFoundError:
        return Path(__file__).resolve().parents[2] / "migrations"


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def current(connection: Connection) -> str | None:
    """The version of its schema; None when it is empty. Raises SchemaMismatch for another program's."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE in tables:
        return connection.scalar(select(_VERSION))
    if tables:
        raise SchemaMismatch(
            "The database holds other tables and no facevec registry; name an empty or new one instead."
        )
    return None
