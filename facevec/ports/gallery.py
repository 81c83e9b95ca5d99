"""What is searched, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from facevec.types import Candidate, Generation, Position, Snapshot, Upkeep, Vectors


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

    def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        """(where the registry stood, candidates): brought there before searching; thread-safe."""
        ...

    def extent(self) -> tuple[int, int]:
        """(revision, workers) without asking the registry; (0, 0) before the first search."""
        ...

    def upkeep(self) -> Upkeep:
        """How it fared, without asking the registry."""
        ...

    def require_same(self) -> None:
        """Raises RegistryReplaced while what took the registry's place is read, without waiting for that."""
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

    def load(self, contract: str) -> Generation | None:
        """The current generation, every byte verified; None when there is none.

        Whether it is of this registry's own history, only `ChangeSource.changed_since` can tell.
        Raises GalleryError when it must not be used: damaged, or under another contract.
        """
        ...

    def discard(self, before_revision: int) -> int:
        """Delete every generation older than `before_revision`, and say how many there were.

        Called after a worker or a photo was removed, so that no file holds the face any longer. A rebuild
        that runs and had read it begins anew. Raises GalleryError; RebuildRunning where another process
        that deletes or swaps does not come to an end.
        """
        ...

    def sweep(self, before_revision: int) -> None:
        """As `discard`, of what removals that were killed have left; what cannot be done is logged."""
        ...
