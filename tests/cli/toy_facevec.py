"""`python -m tests.cli.toy_facevec` is the facevec command, as a process of its own, over the toy vision."""

from __future__ import annotations

import facevec.vision.build
import facevec.vision.weights.catalogue
from facevec.cli.main import main
from tests.cli.conftest import DISTANCES, _toy

facevec.vision.build.build_vision = _toy
facevec.vision.weights.catalogue.distances = lambda _name: DISTANCES

if __name__ == "__main__":
    main()
