"""Publishing drawn galleries, and what then lies on the disk."""

from __future__ import annotations

from pathlib import Path

from facevec.gallery.generations import Generations
from tests.gallery.people import snapshot

DIMENSION = 16


NEWEST = 10**6


def nobody_removed() -> int:
    return 0


def publish(generations: Generations, revision: int, count: int = 50, removal: int = 0) -> str:
    published = generations.publish(
        lambda: snapshot(count, DIMENSION, revision, seed=revision), lambda: removal
    )
    return published.name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
