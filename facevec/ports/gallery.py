"""What is searched, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facevec.types import Candidate, Generation, Snapshot, Vectors


class Gallery(Protocol):
    """One unit vector a worker: the reference that stands for all their templates."""

    def __len__(self) -> int: ...

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        """For each row of `probes` its `k` nearest workers (fewer in a smaller gallery), nearest first."""
        ...

    def put(self, worker_ids: npt.NDArray[np.int64], references: Vectors) -> None:
        """Add workers, or replace those already there."""
        ...

    def remove(self, worker_ids: npt.NDArray[np.int64]) -> None:
        """Forget workers; ids that are not there are ignored."""
        ...


class LiveGallery(Protocol):
    """The gallery as the registry has it now."""

    def search(self, probes: Vectors, k: int) -> tuple[int, tuple[tuple[Candidate, ...], ...]]:
        """(revision, candidates): brought up to the registry's revision before searching; thread-safe."""
        ...

    def extent(self) -> tuple[int, int]:
        """(revision, workers) without asking the registry; (0, 0) before the first search."""
        ...


class GenerationStore(Protocol):
    """Snapshots of the gallery on disk: a faster start, never the truth."""

    def publish(self, read: Callable[[], Snapshot], newest_removal: Callable[[], int]) -> Generation:
        """Take the lock, then read, write, compare what lies on the disk with what was meant, byte for
        byte, and make it current; all of it or nothing.

        newest_removal: as `Registry.newest_removal`; asked when all is written. What was read before it
        is read again, and no older generation is kept: afterwards no file holds a removed face.

        Raises RebuildRunning when another process publishes, GalleryError when it cannot be written.
        """
        ...

    def load(self, contract: str, newest_revision: int) -> Generation | None:
        """The current generation, every byte verified; None when there is none.

        Raises GalleryError when it must not be used: damaged, under another contract, or
        of a revision the registry has not reached.
        """
        ...

    def discard(self, before_revision: int) -> int:
        """Delete every generation older than `before_revision`, and say how many there were.

        Called after a worker or a photo was removed, so that no file holds the face any longer.
        Waits for a running rebuild; raises RebuildRunning when that takes too long.
        """
        ...
