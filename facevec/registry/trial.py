"""A registry to try things in: empty, in memory, gone afterwards however the process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facevec.integrity import IntegrityKey
from facevec.ports import Clock
from facevec.registry.engine import open_in_memory
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare


@contextmanager
def trial_registry(clock: Clock) -> Iterator[SqlRegistry]:
    """An empty registry for this thread."""
    engine = open_in_memory(IntegrityKey.passing())
    try:
        prepare(engine)
        yield SqlRegistry(engine, clock)
    finally:
        engine.dispose()
