"""A process that rebuilds the index over and over, to be killed: FOLDER FIRST_REVISION.

Each rebuild follows a removal when a third word is given.
"""

from __future__ import annotations

import dataclasses
import itertools
import sys
from pathlib import Path

from facevec.gallery.generations import Generations
from tests.gallery.people import position, snapshot
from tests.integrity import KEY

WORKERS = 5000
DIMENSION = 128


def main(folder: str, first_revision: str, removing: str = "") -> None:
    generations = Generations(Path(folder), KEY)
    content = snapshot(WORKERS, DIMENSION)
    for revision in itertools.count(int(first_revision)):
        generations.publish(
            lambda revision=revision: dataclasses.replace(content, position=position(revision)),
            lambda revision=revision: revision if removing else 0,
        )
        sys.stdout.write(f"{revision}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
