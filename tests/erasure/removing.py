"""A registry of made-up people, and a process that removes them, with receipts, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from facevec.bootstrap import App
from facevec.config import load
from tests.registry.photos import photo, vector
from tests.toy import toy_networks

COUNT = 150


def app_at(home: Path) -> App:
    return App(load(home, environ={"FACEVEC_PRIVACY__ENCRYPTION": "off"}), networks=toy_networks)


def fill(home: Path) -> None:
    """Worker n has the template `vector(n)`."""
    with app_at(home) as app:
        app.registry.claim_model("model-a", "contract-a")
        for number in range(1, COUNT + 1):
            app.registry.add_worker(f"Person {number}", None, None, [photo(number)])


def trace(number: int) -> bytes:
    return vector(number).tobytes()[:64]


def main(home: Path) -> None:
    with app_at(home) as app:
        for worker in app.registry.list_workers():
            app.erasures.remove_worker(app.copies, worker.id)
            sys.stdout.write("removed\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
