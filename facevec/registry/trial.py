"""A registry to try things in: empty, in a file of its own, gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facevec.integrity import IntegrityKey
from facevec.ports import Clock
from facevec.registry.address import sqlite_url
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare


@contextmanager
def trial_registry(clock: Clock, temporary: Path) -> Iterator[SqlRegistry]:
    """An empty registry in the folder `temporary`. Raises RegistryError."""
    with tempfile.TemporaryDirectory(prefix="facevec-", dir=temporary) as folder:
        engine = open_engine(sqlite_url(Path(folder) / "trial.db"), key=IntegrityKey.passing())
        try:
            prepare(engine)
            yield SqlRegistry(engine, clock)
        finally:
            engine.dispose()
