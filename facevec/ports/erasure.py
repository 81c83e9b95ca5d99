"""What a removal leaves as a proof."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from contextlib import AbstractContextManager
from typing import Protocol

from facevec.types import Belongings, Erased, Receipt


class BelongingsSource(Protocol):
    """All that is kept of somebody. May raise RegistryError."""

    def of(self, worker_id: int, what: Erased, *, visits: bool = True) -> Belongings:
        """All of them, or their face, and their visits, unless those stay. Raises WorkerNotFound."""
        ...

    def of_photos(self, worker_id: int, photo_ids: Collection[int]) -> Belongings:
        """What some photos of theirs came to, as far as they are there."""
        ...

    def left(self, identities: Collection[str]) -> Set[str]:
        """Those of which the registry still holds anything."""
        ...


class Receipts(Protocol):
    """Receipts that are kept, and those of removals that have begun."""

    def beginning(self, draft: Receipt) -> AbstractContextManager[None]:
        """While the block runs, and after it was killed, the draft is kept.

        It is dropped at the end of the block, unless that ends in an error. On a disk that is full nothing is
        kept, and the block runs all the same.
        """
        ...

    def draft(self, belongings: Belongings, what: Erased, registry: str) -> Receipt:
        """What is known before anything was destroyed."""
        ...

    def keep(self, receipt: Receipt) -> bool:
        """Have it here; whether it could be written."""
        ...

    def abandoned(self) -> Sequence[Receipt]:
        """Drafts of removals that nobody carries out any more: they were killed, or failed."""
        ...

    def drop(self, draft: Receipt) -> None:
        """Forget a draft."""
        ...

    def read(self, receipt_id: str) -> Receipt:
        """Raises ReceiptNotFound, ReceiptUnusable."""
        ...

    def all(self) -> Sequence[Receipt]:
        """Every receipt that is kept, oldest first."""
        ...
