"""What is searched, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from facevec.types import (
    Candidate,
    Generation,
    Ids,
    Neighbourhood,
    Position,
    ReferencesKept,
    Snapshot,
    Step,
    Upkeep,
    Vectors,
)


class RowSink(Protocol):
    """Takes workers' references as they are read."""

    def put(self, worker_ids: Ids, references: Vectors) -> None:
        """Add workers, or replace those already there."""
        ...

    def remove(self, worker_ids: Ids) -> None:
        """Forget workers; ids that are not there are ignored."""
        ...


class Gallery(RowSink, Protocol):
    """One unit vector a worker: the reference that stands for all their templates."""

    def __len__(self) -> int: ...

    def search(self, probes: Vectors, k: int) -> tuple[tuple[Candidate, ...], ...]:
        """For each row of `probes` its `k` nearest workers (fewer in a smaller gallery), nearest first."""
        ...


class Searched(Protocol):
    """Who is like whom."""

    def search(self, probes: Vectors, k: int) -> tuple[Position, tuple[tuple[Candidate, ...], ...]]:
        """(where the registry stood, candidates): brought there before searching; thread-safe."""
        ...


class LiveGallery(Searched, Protocol):
    """The gallery as the registry has it now."""

    def extent(self) -> tuple[int, int]:
        """(revision, workers) without asking the registry; (0, 0) before the first search."""
        ...

    def upkeep(self) -> Upkeep:
        """How it fared, without asking the registry."""
        ...

    def require_same(self) -> None:
        """Raises RegistryReplaced while what took the registry's place is read, without waiting for that."""
        ...


class KeptReferences(Protocol):
    """References in the registry's own database, which any machine searches there.

    Each method is one transaction, may raise RegistryError, and takes the contract whose they are.
    """

    def prepare(self) -> None:
        """Make what they are kept in. Raises GalleryUnavailable where the database cannot keep any."""
        ...

    def step(self, contract: str) -> Step:
        """Bring them nearer to where the registry stands; whoever changes it waits meanwhile.

        Raises NotAuthentic where the integrity key is not the one that the templates were written under.
        """
        ...

    def nearest(self, contract: str, probes: Vectors, count: int, *, extent: bool) -> Neighbourhood | None:
        """The `count` nearest to each probe of whoever may be recognised now; None where they are behind.

        extent: say how many may be recognised.
        """
        ...

    def kept(self, contract: str) -> ReferencesKept | None:
        """What is kept; None without any."""
        ...

    def wrong(self, contract: str, after_id: int) -> tuple[int | None, tuple[int, ...]] | None:
        """(the last worker of the thousand after `after_id`, whose of them is not what their templates give).

        The last is None after everybody; the answer is None where the references are behind.
        """
        ...

    def mend(self, contract: str, worker_ids: Sequence[int]) -> None:
        """Make those of some workers anew."""
        ...

    def arrange(self, contract: str, *, graph: bool) -> None:
        """Clear what is left of those who went, and make the graph anew, or take it away.

        It is no one transaction. Raises RebuildRunning where another process is at it.
        """
        ...


class Draft(RowSink, Protocol):
    """A generation that is being put together, outside of this process's memory."""

    def cleared(self) -> RowSink:
        """The draft, without rows."""
        ...


class Copies(Protocol):
    """What holds faces beside the registry, as long as nobody takes them out."""

    def discard(self, before_revision: int) -> int:
        """Delete whatever holds faces as they were before `before_revision`; how many generations there were.

        Called after a worker or a photo was removed, so that nothing holds the face any longer. A rebuild
        that runs and had read it begins anew. Raises GalleryError; RebuildRunning where another process
        that deletes or swaps does not come to an end.
        """
        ...

    def sweep(self, before_revision: int) -> None:
        """As `discard`, of what removals that were killed have left; what cannot be done is logged."""
        ...


class GenerationStore(Copies, Protocol):
    """The gallery on disk: a faster start, never the truth."""

    def publish(self, read: Callable[[Draft], Snapshot], newest_removal: Callable[[], int]) -> Generation:
        """Take the lock, then have the draft filled, write it, compare what lies on the disk with what was
        meant, byte for byte, and make it current; all of it or nothing.

        read: fills the draft, or brings it up to date. newest_removal: as `Registry.newest_removal`; asked
        when all is written. What was read before it is read again, and no older generation is kept:
        afterwards no file holds a removed face.

        Raises RebuildRunning when another process publishes, GalleryError when it cannot be written.
        """
        ...

    def load(self, contract: str) -> Generation | None:
        """The current generation, every byte verified; None when there is none.

        Whether it is of this registry's own history, only `ChangeSource.changed_since` can tell.
        Raises GalleryError when it must not be used: damaged, or under another contract.
        """
        ...
