"""A process of its own that enrols workers: python -m tests.registry.writer URL PREFIX COUNT.

Prints a worker's id once the registry has acknowledged them. Each has three photos.
"""

from __future__ import annotations

import sys

from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.registry.schema import prepare
from tests.integrity import KEY
from tests.registry.photos import photo


def main(url: str, prefix: int, count: int) -> None:
    engine = open_engine(url, key=KEY)
    prepare(engine)
    registry = SqlRegistry(engine)
    registry.claim_model("model-a", "contract-a")
    for number in range(prefix, prefix + count):
        photos = [photo(3 * number + each) for each in range(3)]
        worker = registry.add_worker(f"worker {number}", None, None, photos)
        print(worker.id, flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
