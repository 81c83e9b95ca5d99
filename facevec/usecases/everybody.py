"""Going through everyone who is enrolled, however many they are."""

from __future__ import annotations

from collections.abc import Iterator

from facevec.ports import WorkerDirectory
from facevec.types import Worker

AT_ONCE = 1_000


def everybody(registry: WorkerDirectory) -> Iterator[Worker]:
    """By ascending id, some in each transaction: who is enrolled or removed meanwhile may be among them."""
    after = 0
    while workers := registry.list_workers(after, AT_ONCE):
        yield from workers
        after = workers[-1].id
