"""A process that enrols, removes, rebuilds and searches, to be killed: DATABASE ENGINE FOLDER SEED.

It says what it is about to do, and what it has done.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from facevec.errors import FacevecError
from facevec.gallery.copies import EngineCopies
from facevec.gallery.generations import Generations
from facevec.ports import utc_now
from facevec.registry.engine import open_engine
from facevec.registry.repository import SqlRegistry
from facevec.usecases.remove import remove_worker
from tests.integrity import KEY
from tests.registry.conftest import CONTRACT
from tests.registry.engines import Parts, engine_called
from tests.registry.photos import photo, vector
from tests.toy import DIMENSION


def main(url: str, name: str, folder: str, seed: str) -> None:
    draw, number = random.Random(seed), int(seed) * 100_000
    connections = open_engine(url, key=KEY)
    registry, generations = SqlRegistry(connections), Generations(Path(folder), KEY)
    engine = engine_called(name)(Parts(connections, registry, generations, utc_now))
    live, copies = engine.live(CONTRACT, DIMENSION), EngineCopies(generations, engine)
    while True:
        number += 1
        workers = registry.list_workers()
        try:
            if draw.random() < 0.1:
                engine.rebuild()
                tell("rebuilt")
            elif len(workers) > 20 or (workers and draw.random() < 0.4):
                leaving = draw.choice(workers).id
                tell(f"removing {leaving}")
                remove_worker(registry, copies, leaving)
                tell(f"removed {leaving}")
            else:
                added = registry.add_worker(f"Worker {number}", None, None, [photo(number)])
                tell(f"added {added.id} {number}")
            live.search(vector(number)[None], 3)
        except FacevecError as error:
            tell(f"failed {error.code}")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
