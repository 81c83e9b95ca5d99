"""A registry that does not answer is asked again, for as long as was said."""

from __future__ import annotations

import time

import pytest

from facevec.errors import RegistryBusy, RegistryError, SchemaMismatch
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
