"""Whatever happens to a registry, every process answers as the oracle does, whichever engine searches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.registry.copies import Database, PostgresDatabase, SqliteFile, begin
from tests.registry.engines import ENGINES
from tests.registry.histories import Histories

EXAMPLES = int(os.environ.get("FACEVEC_TEST_HISTORIES", "5"))
"""How many are drawn of each kind; thousands find what is rare."""

STEPS = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return SqliteFile(tmp_path)
    return PostgresDatabase(
        request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_database")
    )


@pytest.fixture
def blank(database: Database) -> Iterator[str]:
    """The name of a copy of the empty registry."""
    name = begin(database)
    yield name
    database.drop(name)


@pytest.mark.slow
@pytest.mark.parametrize("engine_name", ENGINES)
def test_every_process_answers_as_the_oracle_does(
    engine_name: str, database: Database, blank: str, tmp_path: Path
) -> None:
    run_state_machine_as_test(
        lambda: Histories(database, blank, tmp_path, ENGINES[engine_name]),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            suppress_health_check=[*HealthCheck],
            database=None,
        ),
    )
