"""A registry that does not answer is asked again, for as long as was said."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from facevec.bootstrap import App
from facevec.config import load
from facevec.errors import RegistryBusy, RegistryError, SchemaMismatch
from facevec.registry import schema
from facevec.registry.engine import writing
from facevec.registry.occupancy import require_alone
from facevec.registry.waiting import waited_for


@pytest.mark.parametrize("error", [RegistryError, RegistryBusy])
def test_a_registry_that_answers_in_time_is_waited_for(error: type[RegistryError]) -> None:
    tries: list[int] = []

    def opening() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise error("away")
        return "open"

    assert waited_for(opening, 10, pause=0.01) == "open"


def test_one_that_does_not_is_given_up() -> None:
    def opening() -> None:
        raise RegistryError("away")

    start = time.monotonic()
    with pytest.raises(RegistryError, match="away"):
        waited_for(opening, 0.2, pause=0.05)
    assert time.monotonic() - start < 5


def test_what_does_not_pass_by_itself_is_not_waited_for() -> None:
    tries: list[int] = []

    def opening() -> None:
        tries.append(1)
        raise SchemaMismatch("newer")

    with pytest.raises(SchemaMismatch):
        waited_for(opening, 60, pause=0.01)
    assert len(tries) == 1


def test_who_asks_for_a_registry_that_cannot_be_opened_stays_connected_to_none(
    migrated_postgres: str, opened: Callable[..., Engine], tmp_path: Path
) -> None:
    """A service that waits for its schema asks again and again, and the server takes so many connections."""
    engine = opened(migrated_postgres)
    with writing(engine) as connection:
        schema.set_version(connection, "9999")
    app = App(load(tmp_path, {"FACEVEC_REGISTRY__URL": migrated_postgres}))
    refused = []
    for _ in range(3):
        with pytest.raises(SchemaMismatch) as error:
            app.engine  # noqa: B018  # asked for to be opened
        refused.append(error)  # and all that it refers to
    with writing(engine) as connection:
        require_alone(connection)
