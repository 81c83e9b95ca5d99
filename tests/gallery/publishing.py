"""Publishing drawn galleries, and what then lies on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from facevec.gallery.generations import Generations
from facevec.ports import Draft
from facevec.types import Snapshot
from tests.gallery.people import drawn, snapshot

DIMENSION = 16


NEWEST = 10**6


def nobody_removed() -> int:
    return 0


def publish(generations: Generations, revision: int, count: int = 50, removal: int = 0) -> str:
    return generations.publish(reading(revision, count), lambda: removal).name


def reading(revision: int, count: int = 50) -> Callable[[Draft], Snapshot]:
    """Fills a draft with people drawn for that revision."""

    def read(draft: Draft) -> Snapshot:
        draft.cleared().put(*drawn(count, DIMENSION, seed=revision))
        return snapshot(count, revision)

    return read


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
