"""Letting go of what the change log need not tell any more."""

from __future__ import annotations

from sqlalchemy import Engine

from facevec.registry import history
from facevec.registry.engine import writing
from facevec.registry.state import take_turn


def compact(engine: Engine, keep: int) -> int:
    """Let go of all changes but the newest `keep`; how many went. Writers wait for some thousands at a time.

    Raises RegistryError; the log is whole then, too.
    """
    gone = 0
    while True:
        with writing(engine) as connection:
            take_turn(connection)
            some = history.cut_off(connection, keep)
        if not some:
            return gone
        gone += some
