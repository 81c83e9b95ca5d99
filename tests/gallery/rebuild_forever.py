"""A process that rebuilds the index over and over, to be killed: FOLDER FIRST_REVISION.

Each rebuild follows a removal when a third word is given.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from facevec.gallery.generations import Generations
from tests.gallery.people import drawn, snapshot
from tests.integrity import KEY

WORKERS = 5000
DIMENSION = 128


def main(folder: str, first_revision: str, removing: str = "") -> None:
    generations = Generations(Path(folder), KEY)
    people = drawn(WORKERS, DIMENSION, seed=0)

    def read(draft, revision):
        draft.put(*people)
        return snapshot(WORKERS, revision)

    for revision in itertools.count(int(first_revision)):
        generations.publish(
            lambda draft, revision=revision: read(draft, revision),
            lambda revision=revision: revision if removing else 0,
        )
        sys.stdout.write(f"{revision}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
