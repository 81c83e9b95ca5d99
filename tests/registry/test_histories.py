"""Whatever happens to a registry, every process answers as the oracle does, whichever engine searches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.milvus import LocalMilvus
from tests.registry.copies import Database, PostgresDatabase, SqliteFile, begin
from tests.registry.engines import NewEngine, faiss, milvus_at, pgvector
from tests.registry.histories import Histories

EXAMPLES = int(os.environ.get("FACEVEC_TEST_HISTORIES", "2"))
"""How many are drawn of each kind; thousands find what is rare."""

STEPS = 30

PHASES = [Phase.generate, Phase.shrink] if "FACEVEC_TEST_HISTORIES" in os.environ else [Phase.generate]
"""What fails in a usual run is told as it is: to find the shortest such history takes minutes."""


@pytest.fixture
def postgresql(postgres_url: str, postgres_database: str) -> Database:
    return PostgresDatabase(postgres_url, postgres_database)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return SqliteFile(tmp_path)
    return request.getfixturevalue("postgresql")


@pytest.fixture
def blank(database: Database) -> Iterator[str]:
    """The name of a copy of the empty registry."""
    name = begin(database)
    yield name
    database.drop(name)


@pytest.mark.slow
def test_every_process_answers_as_the_oracle_does(database: Database, blank: str, tmp_path: Path) -> None:
    run(faiss, database, blank, tmp_path, EXAMPLES)


@pytest.mark.slow
def test_with_pgvector_too(postgresql: Database, tmp_path: Path) -> None:
    run(pgvector, postgresql, begin(postgresql), tmp_path, EXAMPLES)


@pytest.mark.slow
def test_with_milvus_too(milvus: LocalMilvus, database: Database, blank: str, tmp_path: Path) -> None:
    """It takes seconds to fill a collection, as each copy that is put back makes it do."""
    run(milvus_at(milvus.url), database, blank, tmp_path, max(1, EXAMPLES // 5), STEPS // 2)


def run(
    engine: NewEngine, database: Database, blank: str, folder: Path, examples: int, steps: int = STEPS
) -> None:
    run_state_machine_as_test(
        lambda: Histories(database, blank, folder, engine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=[*HealthCheck],
            database=None,
            phases=PHASES,
        ),
    )
