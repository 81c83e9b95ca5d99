"""A process of its own that copies a registry: python -m tests.registry.copier SOURCE TARGET."""

from __future__ import annotations

import sys

from facevec.registry.copying import copy
from facevec.registry.engine import open_engine
from tests.integrity import KEY


def main(source: str, target: str) -> None:
    print("begun", flush=True)  # noqa: T201 - the parent reads it
    copy(open_engine(source, key=KEY), open_engine(target, key=KEY))


if __name__ == "__main__":
    main(*sys.argv[1:])
